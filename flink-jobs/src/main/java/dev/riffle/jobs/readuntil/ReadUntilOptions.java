package dev.riffle.jobs.readuntil;

import dev.riffle.dna.readuntil.SequentialTest;
import dev.riffle.jobs.options.JobOption;
import dev.riffle.jobs.options.JobOptions;
import dev.riffle.jobs.options.OptionGroup;
import java.util.List;

/** Options of the read-until job. */
public final class ReadUntilOptions {
  private static final OptionGroup.Builder OPTIONS = OptionGroup.titled("Read-until");
  private static final String ENRICH = "enrich";
  private static final int LEAST_BASES = 15;
  private static final String ERROR_RATE = "more than 0 and less than 0.5";

  public static final JobOption<String> TARGETS =
      OPTIONS
          .text("targets")
          .required()
          .describedAs(
              "FASTA files of the target genomes, as the TaskManagers see them; separate several"
                  + " with commas.");

  public static final JobOption<String> BACKGROUND =
      OPTIONS
          .text("background")
          .formerly("rest")
          .describedAs(
              "FASTA files of other genomes that reads may come from, as far as they are known."
                  + " With them, decisions are earlier and more accurate.");

  public static final JobOption<String> SAMPLING =
      OPTIONS
          .text("sampling")
          .defaultsTo(ENRICH)
          .oneOf(List.of(ENRICH, "deplete"))
          .describedAs(
              "enrich (sequence reads of the targets, unblock the others) or deplete (unblock reads"
                  + " of the targets, sequence the others).");

  public static final JobOption<Double> MAX_FALSE_ACCEPT =
      OPTIONS
          .number("max-false-accept")
          .defaultsTo(SequentialTest.DEFAULTS.falseAccept())
          .matching(ReadUntilOptions::isErrorRate, ERROR_RATE)
          .describedAs("Share of background reads that may be classified as target.");

  public static final JobOption<Double> MAX_FALSE_REJECT =
      OPTIONS
          .number("max-false-reject")
          .defaultsTo(SequentialTest.DEFAULTS.falseReject())
          .matching(ReadUntilOptions::isErrorRate, ERROR_RATE)
          .describedAs("Share of target reads that may be classified as background.");

  public static final JobOption<Integer> MAX_BASES =
      OPTIONS
          .integer("max-bases")
          .defaultsTo(SequentialTest.DEFAULTS.maxBases())
          .matching(
              bases -> bases >= LEAST_BASES && bases <= SequentialTest.MOST_BASES,
              "from " + LEAST_BASES + " to " + SequentialTest.MOST_BASES)
          .describedAs("Bases after which a read that is still undecided gets at-max-bases.");

  public static final JobOption<String> AT_MAX_BASES =
      OPTIONS
          .text("at-max-bases")
          .defaultsTo(DecisionMapper.SEQUENCE)
          .oneOf(List.of(DecisionMapper.SEQUENCE, DecisionMapper.UNBLOCK))
          .describedAs(
              "Decision for a read that is undecided after max-bases: sequence or unblock.");

  public static final OptionGroup GROUP = OPTIONS.build();

  private ReadUntilOptions() {}

  /** The sequential test with the limits of the options. */
  static SequentialTest test(JobOptions options) {
    return new SequentialTest(
        options.get(MAX_FALSE_ACCEPT), options.get(MAX_FALSE_REJECT), options.get(MAX_BASES));
  }

  /** True if reads of the targets are sequenced, false if they are unblocked. */
  static boolean enriches(JobOptions options) {
    return options.get(SAMPLING).equals(ENRICH);
  }

  private static boolean isErrorRate(double rate) {
    return rate > 0 && rate < 0.5;
  }
}
