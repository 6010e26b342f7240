package dev.riffle.evaluation.reads;

import dev.riffle.cli.shared.Percentiles;
import dev.riffle.dna.Nucleotides;
import dev.riffle.dna.readuntil.ReadUntil;
import dev.riffle.dna.readuntil.ReadUntilFamily;
import dev.riffle.dna.readuntil.ReadVerdict;
import dev.riffle.dna.readuntil.ReadVerdict.Origin;
import dev.riffle.dna.readuntil.References;
import dev.riffle.dna.readuntil.SequentialTest;
import dev.riffle.kernels.Backends;
import dev.riffle.models.BatchItem;
import dev.riffle.models.StreamModel;
import dev.riffle.models.StreamRunner;
import dev.riffle.models.weights.ModelDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * {@code riffle evaluate reads}: accuracy of read-until after 1, 2, 3, 5 and 10 chunks of 180
 * bases, next to a logistic regression over k-mers, and the reads that the sequential test decides,
 * with the bases it needs.
 *
 * <p>Synthetic genomes are of another generator than the one that trained the model. GENOME_DIR, if
 * given, contains {@code ecoli_k12.fna.gz}, {@code mmyc.fna.gz} and phages {@code ph_*.fna.gz}.
 */
@Command(
    name = "reads",
    description = "Score read-until on simulated reads, next to a logistic regression over k-mers.")
public final class ScoreReadUntil implements Callable<Integer> {
  private static final int CHUNK = 180;
  private static final int[] CHUNKS = {1, 2, 3, 5, 10};
  private static final int LONGEST = 1800;
  private static final int[] KS = {5, 6, 7, 8, 11, 13, 15};

  /** Bases that the regression trains on, for each k and number of chunks. */
  private static final int TRAINING_BASES = 3_000_000;

  private static final int MOST_TRAINING_READS = 12_000;

  /** Errors that the test may make, on either side. */
  private static final double[] ALLOWED = {0.01, 0.05};

  private static final double NEVER = 1e-300;

  @Parameters(index = "0", paramLabel = "MODEL_DIR", description = "The read-until model.")
  private Path modelDirectory;

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "GENOME_DIR",
      description = "Directory of real genomes (default: synthetic genomes only).")
  private Optional<Path> genomes;

  @Option(
      names = "--reads",
      defaultValue = "500",
      description = "Reads of each class and case (default: ${DEFAULT-VALUE}).")
  private int reads;

  private ModelDirectory directory;

  @Override
  public Integer call() throws IOException {
    directory = ModelDirectory.read(modelDirectory);
    System.out.println(
        "accuracy in percent after 1, 2, 3, 5, 10 chunks of 180 bases; lr is the regression, k in"
            + " brackets");
    byte[] target = SimulatedReads.genome(300_000, 1001);
    byte[] other = SimulatedReads.genome(600_000, 1002);
    run("synthetic, unrelated", of(target), of(other), true);
    for (double share : new double[] {0.2, 0.1, 0.05}) {
      byte[] relative = SimulatedReads.relative(target, share, 1003);
      run(
          String.format(Locale.ROOT, "synthetic, relative %.0f %%", 100 * share),
          of(target),
          of(relative, other),
          true);
    }
    run("synthetic, background unknown", of(target), of(other), false);
    if (genomes.isPresent()) {
      real(genomes.get());
    }
    return 0;
  }

  private void real(Path folder) throws IOException {
    List<Path> phages = new ArrayList<>();
    try (var files = Files.newDirectoryStream(folder, "ph_*.fna.gz")) {
      files.forEach(phages::add);
    }
    phages.sort(null);
    SimulatedReads coli = SimulatedReads.of(List.of(folder.resolve("ecoli_k12.fna.gz")));
    SimulatedReads mycoides = SimulatedReads.of(List.of(folder.resolve("mmyc.fna.gz")));
    SimulatedReads viruses = SimulatedReads.of(phages);
    run("M. mycoides in E. coli", mycoides, coli, true);
    run("phages in E. coli", viruses, coli, true);
    run("E. coli in M. mycoides", coli, mycoides, true);
    run("phages, background unknown", viruses, coli, false);
    byte[] strain = SimulatedReads.relative(coli.genomes().get(0), 0.02, 1004);
    run("E. coli in a strain 2 % off", coli, of(strain), true);
  }

  private static SimulatedReads of(byte[]... genomes) {
    return new SimulatedReads(List.of(genomes));
  }

  private void run(String name, SimulatedReads targets, SimulatedReads background, boolean given) {
    References.Builder builder = References.builder();
    targets.references().forEach(builder::target);
    if (given) {
      background.references().forEach(builder::background);
    }
    References references = builder.build();
    Random random = new Random(2001);
    List<byte[]> ofTargets = targets.reads(reads, LONGEST, random);
    List<byte[]> ofBackground = background.reads(reads, LONGEST, random);
    StringBuilder ours = new StringBuilder();
    StringBuilder theirs = new StringBuilder();
    for (int chunks : CHUNKS) {
      int bases = chunks * CHUNK;
      SequentialTest atEnd = new SequentialTest(NEVER, NEVER, bases);
      double right =
          (share(judge(references, atEnd, ofTargets), v -> v.logOdds() > 0)
                  + share(judge(references, atEnd, ofBackground), v -> v.logOdds() <= 0))
              / 2;
      ours.append(String.format(Locale.ROOT, " %9.2f", 100 * right));
      theirs.append(
          given ? regression(targets, background, ofTargets, ofBackground, bases) : "         -");
    }
    System.out.printf("%n%s%n  read-until%s%n  lr        %s%n", name, ours, theirs);
    for (double rate : ALLOWED) {
      test(references, new SequentialTest(rate, rate, LONGEST), ofTargets, ofBackground);
    }
    System.out.flush();
  }

  private void test(
      References references,
      SequentialTest test,
      List<byte[]> ofTargets,
      List<byte[]> ofBackground) {
    List<ReadVerdict> target = judge(references, test, ofTargets);
    List<ReadVerdict> other = judge(references, test, ofBackground);
    List<Long> bases = new ArrayList<>();
    target.forEach(v -> bases.add(v.bases()));
    other.forEach(v -> bases.add(v.bases()));
    double unknown =
        (share(target, v -> v.origin() == Origin.LIMIT)
                + share(other, v -> v.origin() == Origin.LIMIT))
            / 2;
    System.out.printf(
        Locale.ROOT,
        "  errors allowed %.0f %%: false accepts %.2f %%, false rejects %.2f %%, undecided %.2f %%;"
            + " bases p50 %d, p90 %d%n",
        100 * test.falseAccept(),
        100 * share(other, v -> v.origin() == Origin.TARGET),
        100 * share(target, v -> v.origin() == Origin.BACKGROUND),
        100 * unknown,
        Percentiles.of(bases, 0.5).orElseThrow(),
        Percentiles.of(bases, 0.9).orElseThrow());
  }

  private static String regression(
      SimulatedReads targets,
      SimulatedReads background,
      List<byte[]> ofTargets,
      List<byte[]> ofBackground,
      int bases) {
    Random random = new Random(2002);
    int count = Math.min(MOST_TRAINING_READS, TRAINING_BASES / bases) / 2;
    KmerLogisticRegression model =
        KmerLogisticRegression.best(
            KS,
            targets.reads(count, bases, random),
            background.reads(count, bases, random),
            targets.reads(500, bases, random),
            background.reads(500, bases, random),
            7);
    return String.format(
        Locale.ROOT,
        " %5.2f(%2d)",
        100 * model.accuracy(cut(ofTargets, bases), cut(ofBackground, bases)),
        model.k());
  }

  private static List<byte[]> cut(List<byte[]> reads, int bases) {
    return reads.stream().map(r -> java.util.Arrays.copyOf(r, bases)).toList();
  }

  private List<ReadVerdict> judge(
      References references, SequentialTest test, List<byte[]> sequences) {
    StreamModel<ReadVerdict> model =
        ReadUntilFamily.load(directory, references, test, Backends.find("cpu"));
    StreamRunner<ReadVerdict> runner = model.newRunner();
    List<ReadVerdict> verdicts = new ArrayList<>();
    for (byte[] letters : sequences) {
      int width = ReadUntil.FORMAT.width();
      float[] values = new float[width * letters.length];
      for (int i = 0; i < letters.length; i++) {
        values[width * i] = Nucleotides.value(Nucleotides.of(letters[i]));
      }
      BatchItem<ReadVerdict> row =
          new BatchItem<>(
              ReadUntil.FORMAT, runner.open(ReadUntil.FORMAT), values, 0, letters.length);
      runner.finish(List.of(row));
      verdicts.add(row.predictions.get(0).value());
    }
    return verdicts;
  }

  private static double share(
      List<ReadVerdict> verdicts, java.util.function.Predicate<ReadVerdict> which) {
    return verdicts.stream().filter(which).count() / (double) verdicts.size();
  }
}
