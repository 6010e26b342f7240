package dev.riffle.benchmarks.window;

import dev.riffle.benchmarks.support.OpTimes;
import dev.riffle.cli.shared.Percentiles;
import dev.riffle.kernels.Backends;
import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.PackedSequences;
import dev.riffle.kernels.Tensor;
import dev.riffle.models.Block;
import dev.riffle.models.Scratch;
import dev.riffle.models.Settings;
import dev.riffle.models.chordmixer.ChordMixer;
import dev.riffle.models.chordmixer.ChordMixerConfig;
import dev.riffle.models.chordmixer.ChordMixerInit;
import dev.riffle.models.rse.Rse;
import dev.riffle.models.rse.RseInit;
import dev.riffle.models.weights.Safetensors;
import dev.riffle.models.weights.SafetensorsWriter;
import dev.riffle.models.weights.Weights;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * What one window costs as it grows from 2^12 to 2^21 positions: ChordMixer (track 8, hidden 88, as
 * its reference has it for 1,500,000 positions) and the Residual Shuffle-Exchange network (24
 * features, 2 blocks; official and PyTorch variant a), on one thread of {@code cpu} or another
 * backend, weights before training. Where time grows as n log n, the ns per position and
 * log2(positions) stay level.
 *
 * <p>Seconds are the wall's; CPU seconds, and the ns made of them, are the thread's own, which
 * other work on the machine lengthens less. Each is the median of as many runs as fit into about
 * two seconds, or of one. The heap's peak is that of each length; the resident one is the process's
 * until then.
 *
 * <p>{@code RIFFLE_HEAP=8g ./riffle bench window length --family=rse-official}. Give each family
 * its own process: after another family, the JIT compiler may produce slower code.
 */
@Command(name = "length", description = "Time and memory of one window of 2^12 to 2^21 positions.")
public final class WindowLengthBenchmark implements Callable<Integer> {
  private static final String FAMILIES = "chordmixer,rse-official,rse-torch-a";
  private static final int SHORTEST = 1 << 12;
  private static final int LONGEST = 1 << 21;
  private static final long ENOUGH = 2_000_000_000L; // ns of one length
  private static final long SEED = 1919;
  private static final int CHUNK = 1 << 16; // values that are drawn at a time

  /** A model that is given a window. */
  @FunctionalInterface
  private interface Model {
    /**
     * @param x {@code [length, features]}
     * @return some of its answer
     */
    double run(Tensor x, int length, Scratch work);
  }

  @Option(
      names = "--family",
      split = ",",
      defaultValue = FAMILIES,
      description = "Families (default: ${DEFAULT-VALUE}).")
  private List<String> families;

  @Option(
      names = "--lengths",
      split = ",",
      paramLabel = "N",
      description = "Positions of a window (default: 2^12 to 2^21).")
  private int[] lengths = {};

  @Option(
      names = "--backend",
      defaultValue = "cpu",
      description = "Backend (default: ${DEFAULT-VALUE}).")
  private String backend;

  @Option(
      names = "--ops",
      description = "Also print the CPU time of each operation, divided by n log2 n.")
  private boolean ops;

  private Kernels kernels;
  private Optional<OpTimes> times = Optional.empty();

  @Override
  public Integer call() {
    kernels = Backends.find(backend).forWindows();
    if (ops) {
      OpTimes measured = new OpTimes(kernels);
      times = Optional.of(measured);
      kernels = measured.kernels();
    }
    System.out.println(kernels.description());
    for (String family : families) {
      run(family, lengths);
    }
    return 0;
  }

  private void run(String family, int[] asked) {
    boolean chord = family.equals("chordmixer");
    Model model =
        switch (family) {
          case "chordmixer" -> chordMixer();
          case "rse-official" -> rse("\"variant\": \"tf\", \"network\": \"heavy\", \"num_units\"");
          case "rse-torch-a" -> rse("\"variant\": \"torch-a\", \"m\"");
          default ->
              throw new IllegalArgumentException(
                  "A family is one of " + FAMILIES + " but not " + family + ".");
        };
    int features = chord ? 2 : 24;
    int[] lengths = asked;
    if (asked.length == 0) {
      lengths = new int[] {SHORTEST, 1 << 14, 1 << 16, 1 << 18, 1 << 20, LONGEST};
      if (chord) {
        lengths = new int[] {SHORTEST, 1 << 14, 1 << 16, 1 << 18, 1 << 20, 1_500_000, LONGEST};
      }
    }
    System.out.println(family);
    measure(model, SHORTEST, features); // compiles
    System.out.println(
        "  positions      seconds  CPU seconds  ns/(n log2 n)    heap, MB  resident, MB");
    for (int length : lengths) {
      List<MemoryPoolMXBean> heap =
          ManagementFactory.getMemoryPoolMXBeans().stream()
              .filter(pool -> pool.getType() == MemoryType.HEAP)
              .toList();
      System.gc(); // the tensors of the length before
      heap.forEach(MemoryPoolMXBean::resetPeakUsage);
      double[] seconds = measure(model, length, features);
      long peak = heap.stream().mapToLong(pool -> pool.getPeakUsage().getUsed()).sum();
      double log = Math.log(length) / Math.log(2);
      System.out.printf(
          "%,11d %12.3f %12.3f %14.2f %,11d %13s%n",
          length,
          seconds[0],
          seconds[1],
          seconds[1] * 1e9 / (length * log),
          mega(peak),
          resident());
      times.ifPresent(t -> t.print(length * log));
    }
  }

  /** Medians of the seconds that a window takes: of the wall, of this thread's CPU. */
  private double[] measure(Model model, int length, int features) {
    Scratch work = new Scratch(kernels);
    Tensor x = input(length * features);
    List<Double> wall = new ArrayList<>();
    List<Double> cpu = new ArrayList<>();
    long start = System.nanoTime();
    do {
      times.ifPresent(OpTimes::begin);
      long began = System.nanoTime();
      long cpuBegan = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
      double answer = model.run(x, length, work);
      cpu.add((ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - cpuBegan) / 1e9);
      wall.add((System.nanoTime() - began) / 1e9);
      if (!Double.isFinite(answer)) {
        throw new IllegalStateException("The answer to " + length + " positions is " + answer);
      }
    } while (System.nanoTime() - start < ENOUGH);
    return new double[] {
      Percentiles.of(wall, 0.5).orElseThrow(), Percentiles.of(cpu, 0.5).orElseThrow()
    };
  }

  private Model chordMixer() {
    ChordMixerConfig config =
        new ChordMixerConfig(
            2,
            1,
            LONGEST,
            8,
            88,
            ChordMixerConfig.Embedding.FEATURES,
            true,
            ChordMixerConfig.NormKind.NONE,
            ChordMixerConfig.NormKind.NONE,
            true);
    ChordMixer model = new ChordMixer(kernels, config, weights(ChordMixerInit.draw(config, SEED)));
    Tensor y = kernels.allocate(1);
    return (x, length, work) -> {
      model.forward(new Block(x, PackedSequences.of(0, length)), y, work);
      return first(y);
    };
  }

  /** A network whose weights serve every length. */
  private Model rse(String settings) {
    Settings s =
        Settings.parse(
            "{" + settings + ": 24, \"n_blocks\": 2, \"length\": " + LONGEST + "}",
            "the benchmark");
    Rse model = Rse.of(kernels, s, weights(RseInit.draw(s, SEED)));
    return (x, length, work) -> first(model.forward(x, PackedSequences.of(0, length), work));
  }

  private static Weights weights(SafetensorsWriter drawn) {
    return Weights.of(Safetensors.parse(drawn.toBytes(), "drawn weights"));
  }

  private double first(Tensor y) {
    double[] value = new double[1];
    kernels.read(y, 0, value, 0, 1);
    return value[0];
  }

  /** Values from -1 to 1. */
  private Tensor input(int size) {
    Random random = new Random(SEED);
    Tensor x = kernels.allocate(size);
    float[] chunk = new float[CHUNK];
    for (int done = 0; done < size; done += CHUNK) {
      for (int i = 0; i < CHUNK; i++) {
        chunk[i] = 2 * random.nextFloat() - 1;
      }
      kernels.write(chunk, 0, x, done, Math.min(CHUNK, size - done));
    }
    return x;
  }

  /** Most memory that the process has held so far, where the system tells. */
  private static String resident() {
    Path status = Path.of("/proc/self/status");
    if (!Files.isReadable(status)) {
      return "unknown";
    }
    try {
      for (String line : Files.readAllLines(status)) {
        if (line.startsWith("VmHWM:")) {
          return String.format("%,d", mega(1024 * Long.parseLong(line.replaceAll("\\D", ""))));
        }
      }
    } catch (IOException e) {
      throw new IllegalStateException("Can not read " + status, e);
    }
    return "unknown";
  }

  private static long mega(long bytes) {
    return Math.round(bytes / 1e6);
  }
}
