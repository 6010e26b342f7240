package dev.riffle.benchmarks.peers;

import dev.riffle.benchmarks.window.WindowCase;
import dev.riffle.cli.shared.Percentiles;
import dev.riffle.kernels.Backends;
import dev.riffle.kernels.Kernels;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * One window on two threads, next to eager PyTorch and onnxruntime, all with the same weights:
 * ChordMixer of 8192 positions (track 16, hidden 128, 13 blocks, layer norm before and after) and
 * the official Residual Shuffle-Exchange network of 2048 (192 features, 2 blocks).
 *
 * <p>Answers are compared first. Then the engines take turns, in another order each round, and rest
 * between turns until their threads have stopped to spin. Printed are medians of milliseconds and
 * the median of each round's ratio, which other work on the machine touches least. "Products" are
 * only the matrix products of a window: their share of a window is what a faster product could
 * still bring.
 *
 * <p>{@code RIFFLE_JAVA_OPTS=-XX:+UseSerialGC ./riffle bench peers windows
 * --python=PYTHON_WITH_TORCH}
 */
@Command(
    name = "windows",
    description = "One window on each peer in turns: Riffle, eager PyTorch, onnxruntime, ND4J.")
public final class WindowPeersBenchmark implements Callable<Integer> {
  private static final String ENGINES = "riffle,torch,onnxruntime";
  private static final int WARM_UP = 5; // seconds of each engine
  private static final long REST = 30; // ms
  private static final double TOLERANCE = 1e-3; // of the largest value of an answer

  @Option(
      names = "--family",
      split = ",",
      defaultValue = "chordmixer,rse",
      description = "Families (default: ${DEFAULT-VALUE}).")
  private List<String> families;

  @Option(
      names = "--engines",
      split = ",",
      defaultValue = ENGINES,
      description = "Engines, also nd4j (default: ${DEFAULT-VALUE}).")
  private List<String> engines;

  @Option(
      names = "--threads",
      defaultValue = "2",
      description = "Threads of PyTorch and onnxruntime (default: ${DEFAULT-VALUE}).")
  private int threads;

  @Option(
      names = "--rounds",
      defaultValue = "30",
      description = "Measured rounds (default: ${DEFAULT-VALUE}).")
  private int rounds;

  @Option(
      names = "--python",
      defaultValue = "python3",
      description = "Python with torch and onnx (default: ${DEFAULT-VALUE}).")
  private String python;

  @Override
  public Integer call() throws IOException, InterruptedException {
    for (String family : families) {
      run(WindowCase.of(family));
    }
    return 0;
  }

  private void run(WindowCase window) throws IOException, InterruptedException {
    Map<String, WindowPeer> peers = new LinkedHashMap<>();
    try {
      for (String engine : engines) {
        peers.put(engine, peer(engine, window));
      }
      measure(window, peers);
    } finally {
      peers.values().forEach(WindowPeer::close);
    }
  }

  private WindowPeer peer(String engine, WindowCase window) throws IOException {
    return switch (engine) {
      case "riffle" -> new RiffleWindow(Backends.find("cpu"), window);
      case "nd4j" -> new RiffleWindow(Backends.find("nd4j").forWindows(), window);
      case "torch" -> new TorchWindow(python, window, threads);
      case "onnxruntime" -> new OnnxWindow(window, threads);
      default ->
          throw new IllegalArgumentException(
              "Unknown engine '" + engine + "'. Expected one of " + ENGINES + ",nd4j.");
    };
  }

  private void measure(WindowCase window, Map<String, WindowPeer> peers)
      throws InterruptedException {
    Kernels kernels = Backends.find("cpu");
    System.out.printf(
        "%s, %d positions; %s; %s threads; load average %.1f%n",
        window.family(),
        window.length(),
        kernels.description(),
        threads,
        ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
    for (WindowPeer peer : peers.values()) {
      long start = System.nanoTime();
      while (System.nanoTime() - start < WARM_UP * 1_000_000_000L) {
        peer.run();
        peer.products();
      }
    }
    compare(peers);

    Map<String, List<Double>> runs = new LinkedHashMap<>();
    Map<String, List<Double>> products = new LinkedHashMap<>();
    List<String> names = new ArrayList<>(peers.keySet());
    for (int round = 0; round < rounds; round++) {
      for (int i = 0; i < names.size(); i++) {
        String name = names.get((round + i) % names.size());
        Thread.sleep(REST);
        runs.computeIfAbsent(name, n -> new ArrayList<>()).add(peers.get(name).run());
        Thread.sleep(REST);
        products.computeIfAbsent(name, n -> new ArrayList<>()).add(peers.get(name).products());
      }
    }

    double gigaFlops = 2e-9 * WindowCase.multiplyAdds(window.products(kernels));
    System.out.println("  engine          ms   (fastest)   riffle / it   products, ms   GFLOP/s");
    for (String name : names) {
      double product = median(products.get(name));
      System.out.printf(
          "  %-12s %7.1f   (%7.1f) %13.2f %14.1f %9.0f%n",
          name,
          1e3 * median(runs.get(name)),
          1e3 * runs.get(name).stream().sorted().findFirst().orElseThrow(),
          ratio(runs, "riffle", name),
          1e3 * product,
          gigaFlops / product);
    }
    if (peers.get("riffle") instanceof RiffleWindow riffle) {
      System.out.printf(
          "  products are %.0f %% of riffle's window; peak %,.0f bytes of heap%n",
          100 * median(products.get("riffle")) / median(runs.get("riffle")), peak(riffle));
    }
  }

  /** Median over rounds of one engine's time over another's, NaN if one is left out. */
  private static double ratio(Map<String, List<Double>> runs, String one, String other) {
    if (!runs.containsKey(one) || !runs.containsKey(other)) {
      return Double.NaN;
    }
    List<Double> ratios = new ArrayList<>();
    for (int i = 0; i < runs.get(one).size(); i++) {
      ratios.add(runs.get(one).get(i) / runs.get(other).get(i));
    }
    return median(ratios);
  }

  /** All answers must be the first one's. */
  private static void compare(Map<String, WindowPeer> peers) {
    String first = peers.keySet().iterator().next();
    float[] expected = peers.get(first).answer();
    double largest = 0;
    for (float value : expected) {
      largest = Math.max(largest, Math.abs(value));
    }
    for (Map.Entry<String, WindowPeer> peer : peers.entrySet()) {
      float[] found = peer.getValue().answer();
      double difference = found.length == expected.length ? 0 : Double.NaN;
      for (int i = 0; i < expected.length && i < found.length; i++) {
        double here = Math.abs(expected[i] - found[i]) / largest;
        difference = here <= difference ? difference : here;
      }
      if (!(difference <= TOLERANCE)) {
        throw new IllegalStateException(
            String.format(
                "%s answers %s..., %s %s...: they differ by %s of the largest value, and %s is"
                    + " allowed.",
                first,
                Arrays.toString(Arrays.copyOf(expected, 3)),
                peer.getKey(),
                Arrays.toString(Arrays.copyOf(found, 3)),
                difference,
                TOLERANCE));
      }
      System.out.printf("  %s is within %.1e of %s%n", peer.getKey(), difference, first);
    }
  }

  /** What a run needs above the weights and its input, all objects counted that it makes. */
  private static double peak(RiffleWindow riffle) {
    List<MemoryPoolMXBean> heap =
        ManagementFactory.getMemoryPoolMXBeans().stream()
            .filter(pool -> pool.getType() == MemoryType.HEAP)
            .toList();
    List<Double> peaks = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      System.gc();
      long before = heap.stream().mapToLong(pool -> pool.getUsage().getUsed()).sum();
      heap.forEach(MemoryPoolMXBean::resetPeakUsage);
      riffle.runAfresh();
      long most = heap.stream().mapToLong(pool -> pool.getPeakUsage().getUsed()).sum();
      peaks.add((double) most - before);
    }
    return median(peaks);
  }

  private static double median(List<Double> values) {
    return Percentiles.of(values, 0.5).orElseThrow();
  }
}
