package dev.riffle.jobs.readuntil;

import dev.riffle.dna.readuntil.ReadVerdict;
import dev.riffle.jobs.JobOptions;
import dev.riffle.jobs.annotation.ReadInput;
import dev.riffle.jobs.stream.KafkaEndpoints;
import dev.riffle.jobs.stream.StreamJob;
import java.time.Duration;
import java.util.List;

/** Bases of reads in, one decision for each read out. */
public final class ReadUntilJob {
  /** Second part of the topic names when nothing is said. */
  public static final String STREAM = "reads";

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private ReadUntilJob() {}

  /**
   * The options with the stream {@value #STREAM} where none was named.
   *
   * @throws IllegalArgumentException if they name no targets
   */
  public static JobOptions withStream(JobOptions options) {
    targets(options);
    return options.optional(JobOptions.STREAM).isPresent()
        ? options
        : options.with(JobOptions.STREAM, STREAM);
  }

  /**
   * The job between the Kafka topics that the options name.
   *
   * @throws IllegalArgumentException if they name no targets, or what is of another job alone
   */
  public static StreamJob<ReadVerdict> onKafka(JobOptions options) {
    options.refuse(
        List.of(JobOptions.SECOND_PASS), "a second pass follows the transcription alone");
    KafkaEndpoints ends = new KafkaEndpoints(options, options.topics());
    ReadInput input =
        ReadInput.called(
            options.get(JobOptions.MAX_RECORD_BYTES).getBytes(),
            options.get(JobOptions.MAX_CAPTURE_AHEAD));
    return new StreamJob<>(
        "riffle " + options.streamName() + " read-until",
        "reads",
        "decide",
        ends.source(input),
        model(options),
        new DecisionMapper(
            options.get(JobOptions.SAMPLING).equals("enrich"),
            options.get(JobOptions.AT_MAX_BASES)),
        ends.sinks(),
        options);
  }

  private static ReadUntilModel model(JobOptions options) {
    return new ReadUntilModel(
        options.model(),
        targets(options),
        options.optional(JobOptions.REST).orElse(""),
        options.get(JobOptions.MAX_FALSE_ACCEPT),
        options.get(JobOptions.MAX_FALSE_REJECT),
        options.get(JobOptions.MAX_BASES),
        options.get(JobOptions.BACKEND));
  }

  private static String targets(JobOptions options) {
    return options
        .optional(JobOptions.TARGETS)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "Option --targets is required: a FASTA file of the genomes that are looked"
                        + " for."));
  }

  /**
   * Runs the job on the cluster that calls this, or in this JVM.
   *
   * @param args {@code --name value} for each option that is not to have its default
   */
  public static void main(String[] args) throws Exception {
    JobOptions options = withStream(JobOptions.parse(args));
    options.topics().require(options.get(JobOptions.BOOTSTRAP), PATIENCE);
    StreamJob<ReadVerdict> job = onKafka(options);
    job.environment().execute(job.name());
  }
}
