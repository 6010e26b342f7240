package dev.riffle.benchmarks.step;

import dev.riffle.benchmarks.support.OpTimes;
import dev.riffle.dna.GeneticCode;
import dev.riffle.dna.Nucleotides;
import dev.riffle.dna.SequenceFile;
import dev.riffle.dna.annotator.Annotator;
import dev.riffle.dna.annotator.Gene;
import dev.riffle.evaluation.dna.Prodigal;
import dev.riffle.kernels.Backends;
import dev.riffle.kernels.Kernels;
import dev.riffle.models.BatchItem;
import dev.riffle.models.Prediction;
import dev.riffle.models.StreamRunner;
import dev.riffle.models.weights.ModelDirectory;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * Speed of the annotator on one thread by CPU time, in turns with Prodigal if it is installed; time
 * of each operation; delay of genes; memory of a contig.
 *
 * <p>{@code ./riffle bench step annotator MODEL_DIR FASTA}
 *
 * <p>Prodigal reads the whole genome, learns from it, and reads it again; the annotator reads each
 * base once, in pieces of 32,768. Both have the contigs of the file, with the genetic code that the
 * first header names; reading and writing files is in Prodigal's time only.
 */
@Command(
    name = "annotator",
    description = "Bases through the annotator: speed, operations, delays, many contigs at once.")
public final class AnnotatorBenchmark implements Callable<Integer> {
  private static final int PIECE = 1 << 15;

  @Parameters(index = "0", paramLabel = "MODEL_DIR", description = "Model directory.")
  private Path modelDirectory;

  @Parameters(index = "1", paramLabel = "FASTA", description = "Genome, FASTA.")
  private Path file;

  @Option(
      names = "--rounds",
      defaultValue = "5",
      description = "Measured rounds (default: ${DEFAULT-VALUE}).")
  private int rounds;

  /** Contigs that are open at once, and bases of each chunk of them. */
  private static final int CONTIGS = 10_000;

  private static final int CHUNK = 400;
  private static final int CHUNKS = 5;

  private ModelDirectory directory;
  private final List<float[]> contigs = new ArrayList<>();
  private GeneticCode code = GeneticCode.BACTERIAL;
  private long bases;

  @Override
  public Integer call() throws IOException, InterruptedException {
    directory = ModelDirectory.read(modelDirectory);
    read();
    speed(rounds);
    operations();
    delays();
    manyContigs();
    return 0;
  }

  private void read() throws IOException {
    byte[] piece = new byte[PIECE];
    try (SequenceFile sequences = SequenceFile.open(file)) {
      SequenceFile.Entry entry = sequences.next();
      code = entry.code(code);
      for (; entry != null; entry = sequences.next()) {
        float[] steps = new float[PIECE];
        int count = 0;
        for (int n = sequences.read(piece); n > 0; n = sequences.read(piece)) {
          steps = count + n > steps.length ? Arrays.copyOf(steps, 2 * (count + n)) : steps;
          count += Nucleotides.values(piece, 0, n, steps, count);
        }
        contigs.add(Arrays.copyOf(steps, count));
        bases += count;
      }
    }
    System.out.printf(
        Locale.ROOT,
        "%s: %,d contigs, %,d bases, code %d%n",
        file,
        contigs.size(),
        bases,
        code.number());
  }

  // ------------------------------------------------------------------- speed

  private void speed(int rounds) throws IOException, InterruptedException {
    Kernels kernels = Backends.find("cpu");
    StreamRunner<Gene> runner = new Annotator(directory, kernels).newRunner();
    pass(runner, PIECE);
    Optional<Prodigal> prodigal = Prodigal.find();
    List<Double> ours = new ArrayList<>();
    List<Double> theirs = new ArrayList<>();
    for (int round = 0; round < rounds; round++) {
      long began = cpu();
      pass(runner, PIECE);
      ours.add((cpu() - began) / 1e9);
      if (prodigal.isPresent()) {
        theirs.add(prodigal.get().annotate(file, code.number(), bases).cpuSeconds());
      }
    }
    System.out.printf("%nMb per second of CPU, one thread; median (and fastest) of %d%n", rounds);
    print("riffle, " + kernels.description(), ours);
    if (prodigal.isEmpty()) {
      System.out.println("Prodigal is not installed. Install the package prodigal.");
    } else {
      print(prodigal.get().version(), theirs);
    }
  }

  private void print(String who, List<Double> seconds) {
    double median = seconds.stream().sorted().skip(seconds.size() / 2).findFirst().orElseThrow();
    double least = seconds.stream().min(Double::compare).orElseThrow();
    System.out.printf(
        Locale.ROOT, "  %-40s %6.2f (%.2f)%n", who, bases / 1e6 / median, bases / 1e6 / least);
  }

  /** Annotates all contigs; the published genes. */
  private List<Prediction<Gene>> pass(StreamRunner<Gene> runner, int chunk) {
    List<Prediction<Gene>> genes = new ArrayList<>();
    for (float[] steps : contigs) {
      byte[] state = runner.open(Annotator.format(code));
      for (int from = 0; from <= steps.length; from += chunk) {
        int count = Math.min(chunk, steps.length - from);
        BatchItem<Gene> row = new BatchItem<>(Annotator.format(code), state, steps, from, count);
        if (from + chunk > steps.length) {
          runner.finish(List.of(row));
        } else {
          runner.advance(List.of(row));
        }
        state = row.state;
        row.predictions.stream()
            .filter(output -> output.value().status() == Gene.Status.PUBLISHED)
            .forEach(genes::add);
      }
    }
    return genes;
  }

  private void operations() {
    OpTimes times = new OpTimes(Backends.find("cpu"));
    StreamRunner<Gene> runner = new Annotator(directory, times.kernels()).newRunner();
    pass(runner, PIECE);
    times.begin();
    long began = cpu();
    pass(runner, PIECE);
    System.out.printf(
        Locale.ROOT,
        "%nwhere the time goes, ns per base; %.0f in all, under a clock%n",
        (double) (cpu() - began) / bases);
    times.print((double) bases);
  }

  // ------------------------------------------------------------------- delay

  /** Bases read after the last base of a gene when it is emitted, in steps of one token. */
  private void delays() {
    StreamRunner<Gene> runner = new Annotator(directory, Backends.find("cpu")).newRunner();
    List<Prediction<Gene>> genes = pass(runner, PIECE);
    List<Long> forward = new ArrayList<>();
    List<Long> reverse = new ArrayList<>();
    for (Prediction<Gene> gene : genes) {
      if (!gene.value().openRight()) {
        (gene.value().reverse() ? reverse : forward).add(gene.position() - gene.value().right());
      }
    }
    System.out.printf("%nbases after the last base of a gene when it is emitted: p50, p95, most%n");
    printDelays("forward, after the stop codon", forward);
    printDelays("reverse, after the start codon", reverse);
  }

  private static void printDelays(String what, List<Long> values) {
    List<Long> sorted = values.stream().sorted().toList();
    if (!sorted.isEmpty()) {
      System.out.printf(
          "  %-40s %6d %6d %6d   (%d genes)%n",
          what,
          sorted.get(sorted.size() / 2),
          sorted.get(sorted.size() * 95 / 100),
          sorted.get(sorted.size() - 1),
          sorted.size());
    }
  }

  // ------------------------------------------------------------------ memory

  private record Part(float[] steps, int from) {}

  /** Many contigs at once: stretches of the file, whose chunks take turns. */
  private void manyContigs() {
    StreamRunner<Gene> runner = new Annotator(directory, Backends.find("cpu")).newRunner();
    float[] steps =
        contigs.stream().max((a, b) -> Integer.compare(a.length, b.length)).orElseThrow();
    int length = CHUNK * CHUNKS;
    if (steps.length < length) {
      return;
    }
    List<Part> parts = new ArrayList<>();
    byte[][] states = new byte[CONTIGS][];
    for (int i = 0; i < CONTIGS; i++) {
      parts.add(new Part(steps, (int) ((long) i * (steps.length - length) / CONTIGS)));
      states[i] = runner.open(Annotator.format(code));
    }
    long began = cpu();
    int genes = 0;
    for (int c = 0; c < CHUNKS; c++) {
      for (int first = 0; first < CONTIGS; first += 100) {
        List<BatchItem<Gene>> rows = new ArrayList<>();
        for (int i = first; i < first + 100; i++) {
          Part part = parts.get(i);
          rows.add(
              new BatchItem<>(
                  Annotator.format(code), states[i], part.steps, part.from + c * CHUNK, CHUNK));
        }
        runner.advance(rows);
        for (int i = 0; i < rows.size(); i++) {
          states[first + i] = rows.get(i).state;
          genes += rows.get(i).predictions.size();
        }
      }
    }
    double seconds = (cpu() - began) / 1e9;
    long sum = Arrays.stream(states).mapToLong(state -> state.length).sum();
    int most = Arrays.stream(states).mapToInt(state -> state.length).max().orElseThrow();
    System.out.printf(
        Locale.ROOT,
        "%n%,d contigs at once, chunks of %d bases: state %,d bytes each, %,d at most;"
            + " %.2f Mb per second of CPU, %,d calls%n",
        CONTIGS,
        CHUNK,
        sum / CONTIGS,
        most,
        CONTIGS * (double) length / 1e6 / seconds,
        genes);
  }

  private static long cpu() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }
}
