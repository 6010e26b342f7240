package dev.riffle.benchmarks.window;

import dev.riffle.kernels.Backends;
import dev.riffle.kernels.Kernels;
import dev.riffle.models.BatchItem;
import dev.riffle.models.Format;
import dev.riffle.models.PredictionValues;
import dev.riffle.models.StreamModel;
import dev.riffle.models.StreamRunner;
import dev.riffle.models.WindowOptions;
import dev.riffle.models.chordmixer.ChordMixer;
import dev.riffle.models.families.Families;
import dev.riffle.models.weights.ModelDirectory;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Reads of very different lengths through the read classifier, in turns: packed one after the other
 * like in the job, each padded with N to the length of the longest, and one by one. Lengths are
 * log-uniform from 200 on, bases are random; answers do not depend on the batch, those to padded
 * reads are other ones, as padding takes part.
 *
 * <p>Times are the thread's CPU time, medians over rounds. A step is a base or a pad; a step
 * through a block is the unit of work, as longer windows run more blocks.
 *
 * <p>{@code ./riffle bench window reads --rounds=5}
 */
@Command(
    name = "reads",
    description =
        "Reads of different lengths through the read classifier: packed, padded, one by one.")
public final class ReadBatchBenchmark implements Callable<Integer> {
  private static final int SHORTEST = 200;
  private static final long SEED = 43;
  private static final Format TOKENS = new Format(0, 1);

  /** How reads become rows of one call. */
  private enum Way {
    PACKED,
    PADDED,
    ONE_BY_ONE
  }

  @Option(
      names = "--model",
      defaultValue = "demo/models/read-classifier/1",
      description = "Model directory (default: ${DEFAULT-VALUE}).")
  private Path modelDirectory;

  @Option(
      names = "--reads",
      defaultValue = "32",
      description = "Reads of a batch (default: ${DEFAULT-VALUE}).")
  private int count;

  @Option(
      names = "--longest",
      defaultValue = "20000",
      description = "Most bases of a read (default: ${DEFAULT-VALUE}).")
  private int mostBases;

  @Option(
      names = "--rounds",
      defaultValue = "5",
      description = "Measured rounds (default: ${DEFAULT-VALUE}).")
  private int rounds;

  @Option(
      names = "--backend",
      defaultValue = "cpu",
      description = "Backend (default: ${DEFAULT-VALUE}).")
  private String backend;

  private StreamModel<PredictionValues> model;
  private final List<float[]> reads = new ArrayList<>();
  private int longest;

  @Override
  public Integer call() {
    Kernels kernels = Backends.find(backend);
    ModelDirectory directory = ModelDirectory.read(modelDirectory);
    model =
        Families.load(
            directory,
            kernels,
            PredictionValues.class,
            WindowOptions.once(directory.config().size("max_seq_len")));
    System.out.println(kernels.description());
    drawReads();
    run(rounds);
    return 0;
  }

  private void drawReads() {
    Random random = new Random(SEED);
    for (int b = 0; b < count; b++) {
      double log =
          Math.log(SHORTEST) + random.nextDouble() * Math.log((double) mostBases / SHORTEST);
      float[] read = new float[(int) Math.exp(log)];
      for (int i = 0; i < read.length; i++) {
        read[i] = 1 + random.nextInt(4);
      }
      reads.add(read);
      longest = Math.max(longest, read.length);
    }
  }

  private void run(int rounds) {
    StreamRunner<PredictionValues> runner = model.newRunner();
    for (Way way : Way.values()) {
      seconds(way, runner); // compiles, claims memory
    }
    double[][] seconds = new double[Way.values().length][rounds];
    for (int round = 0; round < rounds; round++) {
      for (Way way : Way.values()) {
        seconds[way.ordinal()][round] = seconds(way, runner);
      }
    }
    long bases = reads.stream().mapToLong(read -> read.length).sum();
    int shortest = reads.stream().mapToInt(r -> r.length).min().orElseThrow();
    System.out.printf(
        "%d reads of %,d to %,d bases, %,d together%n", reads.size(), shortest, longest, bases);
    System.out.println(
        "way              steps   wasted   steps x blocks   CPU s   (least, most)   bases/s");
    double packed = 0;
    for (Way way : Way.values()) {
      double[] sorted = seconds[way.ordinal()].clone();
      Arrays.sort(sorted);
      double median = sorted[rounds / 2];
      packed = way == Way.PACKED ? median : packed;
      long steps = way == Way.PADDED ? (long) reads.size() * longest : bases;
      System.out.printf(
          "%-10s %,11d %7.1f%% %,16d %7.3f  (%.3f, %.3f) %,9.0f   %.2f x the time of packed%n",
          way.name().toLowerCase(java.util.Locale.ROOT).replace('_', ' '),
          steps,
          100.0 * (steps - bases) / steps,
          work(way),
          median,
          sorted[0],
          sorted[rounds - 1],
          bases / median,
          median / packed);
    }
  }

  private long work(Way way) {
    return reads.stream()
        .mapToLong(read -> way == Way.PADDED ? longest : read.length)
        .map(n -> n * ChordMixer.layers((int) n))
        .sum();
  }

  private double seconds(Way way, StreamRunner<PredictionValues> runner) {
    List<BatchItem<PredictionValues>> rows = new ArrayList<>();
    for (float[] read : reads) {
      float[] steps = way == Way.PADDED ? Arrays.copyOf(read, longest) : read; // N is token 0
      rows.add(new BatchItem<>(TOKENS, runner.open(TOKENS), steps, 0, steps.length));
    }
    long start = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    if (way == Way.ONE_BY_ONE) {
      rows.forEach(row -> runner.finish(List.of(row)));
    } else {
      runner.finish(rows);
    }
    double seconds = (ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - start) / 1e9;
    if (rows.stream().anyMatch(row -> row.predictions.size() != 1)) {
      throw new IllegalStateException("Not every read was answered once.");
    }
    return seconds;
  }
}
