package dev.riffle.benchmarks.device;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.riffle.benchmarks.window.WindowCase;
import dev.riffle.kernels.Backends;
import dev.riffle.kernels.DeviceException;
import dev.riffle.kernels.Kernels;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Windows and steps on one device, next to PyTorch on the same device, in one precision.
 *
 * <p>First the device's rates are measured, by the backend's own operations and by PyTorch: a copy
 * of a large tensor, and a product of two large random matrices. A case's operations and bytes are
 * counted; what they take at the better of the measured rates, the longer of the two, is the least
 * time that the case can take, and its share of the measured time is reported.
 *
 * <p>Of each case all engines have the same weights and input, and their answers are held against
 * those of the backend {@code cpu} before time is taken. Then engines take turns, in another order
 * each round; a turn is some runs, its time their median. Reported are medians over rounds, and the
 * median of each round's ratio. What does not fit into the time given is named.
 */
final class DeviceRace {
  private static final String OURS = "riffle";

  /** What an answer may differ from that of {@code cpu}, of the largest value: a check of sense. */
  private static final Map<String, Double> TOLERANCES =
      Map.of("fp32", 1e-3, "tf32", 2e-2, "bf16", 1e-1);

  private static final double TURN = 0.03; // seconds of runs that make a turn, or one run
  private static final int MOST_RUNS = 50;
  private static final double WARM_UP = 0.5; // seconds of each engine
  private static final double COMPILE_UNTIL = 0.6; // of the time: to compile a case takes a minute
  private static final int MOST_STREAMS = 1 << 16;

  private final DeviceProof proof;
  private final String precision;
  private final Kernels kernels;
  private final ObjectNode result = DeviceProof.JSON.createObjectNode();
  private final ArrayNode ceilings;
  private final ArrayNode cases;
  private final ArrayNode streams;
  private final ArrayNode problems;
  private final ArrayNode peerProblems;
  private double copyRate; // bytes per second
  private double multiplyRate; // operations per second
  private boolean leftOut;

  DeviceRace(DeviceProof proof) {
    this.proof = proof;
    this.precision = proof.option("precision");
    this.kernels = Backends.find(proof.option("backend"));
    result.put("backend", kernels.description()).put("precision", precision);
    this.ceilings = result.putArray("ceilings");
    this.cases = result.putArray("cases");
    this.streams = result.putArray("streams");
    this.problems = result.putArray("problems");
    this.peerProblems = result.putArray("peer_problems");
  }

  int run() throws IOException {
    say("%s in %s", kernels.description(), precision);
    try (TorchOnDevice torch = torch()) {
      List<String> only = proof.list("only");
      if (only.contains("ceilings")) {
        ceilings(torch);
      }
      if (only.contains("windows")) {
        List<String> named = proof.list("windows");
        for (String name : named.isEmpty() ? WindowsOnDevice.names(proof.small()) : named) {
          String[] part = name.split(":");
          int length = Integer.parseInt(part[1]);
          int batch = Integer.parseInt(part[2]);
          if (mayStart("windows " + name, only.contains("steps") ? 0.65 : 0.9)) {
            race(new WindowsOnDevice(WindowCase.of(part[0], length, batch)), torch);
          }
        }
      }
      if (only.contains("steps")) {
        for (int keys : StepOnDevice.sizes(proof.small())) {
          if (mayStart("LRU step of " + keys + " keys", 0.85)) {
            race(StepOnDevice.of(keys), torch);
          }
        }
      }
      if (only.contains("streams") && mayStart("streams", 0.95)) {
        streams();
      }
    }
    boolean whole = !leftOut && peerProblems.isEmpty();
    result.put("ok", problems.isEmpty() && whole);
    proof.write(result);
    return !problems.isEmpty() ? 1 : whole ? 0 : 2;
  }

  private TorchOnDevice torch() throws IOException {
    if (proof.option("python").isBlank()) {
      result.put("torch_left_out", "no Python with PyTorch for this device was found");
      return null;
    }
    try {
      TorchOnDevice torch =
          new TorchOnDevice(
              proof.option("python"),
              proof.option("torch-device"),
              precision,
              proof.option("torch-bf16"));
      result.set("torch", torch.description());
      say("next to %s", torch.description());
      return torch;
    } catch (IOException e) {
      problem(peerProblems, "torch", e);
      return null;
    }
  }

  private boolean mayStart(String what, double until) throws IOException {
    if (proof.spent() < until) {
      return true;
    }
    leftOut = true;
    cases.addObject().put("case", what).put("left_out", "no time was left");
    say("%s: left out, no time was left", what);
    proof.write(result);
    return false;
  }

  // ---------------------------------------------------------------- rates

  private void ceilings(TorchOnDevice torch) throws IOException {
    int values = proof.small() ? 1 << 18 : 1 << 28;
    int size = proof.small() ? 256 : 8192;
    DeviceRates rates = new DeviceRates(kernels);
    attempt(
        problems,
        "the rates of " + OURS,
        () -> ceiling(OURS, rates.copy(values), rates.multiply(size)));
    if (torch != null) {
      attempt(
          peerProblems,
          "the rates of torch",
          () -> ceiling("torch", torch.copy((long) values * Float.BYTES), torch.multiply(size)));
    }
    proof.write(result);
  }

  private void ceiling(String engine, double copy, double multiply) {
    copyRate = Math.max(copyRate, copy);
    multiplyRate = Math.max(multiplyRate, multiply);
    ceilings
        .addObject()
        .put("engine", engine)
        .put("copy_bytes_per_s", copy)
        .put("operations_per_s", multiply);
    say("%s: copies %.0f GB/s, multiplies %.2f TFLOP/s", engine, copy / 1e9, multiply / 1e12);
  }

  // ---------------------------------------------------------------- cases

  private void race(DeviceCase one, TorchOnDevice torch) throws IOException {
    ObjectNode node = cases.addObject();
    node.put("case", one.name()).put("batch", one.batch()).put("kind", one.kind());
    node.put("operations", one.operations()).put("bytes", one.bytes());
    String what = one.name() + " x " + one.batch();
    Map<String, DeviceEngine> engines = new LinkedHashMap<>();
    Map<String, ObjectNode> rows = new LinkedHashMap<>();
    ArrayNode all = node.putArray("engines");
    try {
      Iterable<DeviceCase.Part> expected = one.expected();
      List<String> names = new ArrayList<>(List.of(OURS));
      if (torch != null) {
        proof.list("torch-modes").forEach(mode -> names.add("torch " + mode));
      }
      for (String name : names) {
        ObjectNode row = all.addObject().put("engine", name);
        if (name.matches("torch (compile|graphs)") && proof.spent() > COMPILE_UNTIL) {
          leftOut = true;
          row.put("left_out", "no time was left to compile");
          say("%s, %s: left out, no time was left to compile", what, name);
          continue;
        }
        Attempt made =
            () -> {
              DeviceEngine engine =
                  name.equals(OURS) ? one.on(kernels) : torch.load(one, name.split(" ")[1]);
              engines.put(name, engine);
              check(name, engine, one, expected, row);
              rows.put(name, row);
            };
        ArrayNode whose = name.equals(OURS) ? problems : peerProblems;
        attempt(whose, what + ", " + name, made).ifPresent(e -> row.put("problem", e.getMessage()));
      }
      engines.keySet().retainAll(rows.keySet());
      measure(what, node, engines, rows, one);
    } catch (RuntimeException e) { // whatever it is, the next case may go
      problem(problems, what, e);
    } finally {
      for (Map.Entry<String, DeviceEngine> engine : engines.entrySet()) {
        attempt(peerProblems, what + ", end of " + engine.getKey(), engine.getValue()::close);
      }
    }
    proof.write(result);
  }

  /** Holds an engine's answers against those expected. */
  private void check(
      String name,
      DeviceEngine engine,
      DeviceCase one,
      Iterable<DeviceCase.Part> expected,
      ObjectNode row) {
    engine.reset();
    engine.run(one.runs());
    double error = 0;
    for (DeviceCase.Part part : expected) {
      float[] found = engine.answer(part.first(), part.values().length);
      double largest = 0;
      double difference = 0;
      for (int i = 0; i < found.length; i++) {
        largest = Math.max(largest, Math.abs(part.values()[i]));
        double here = Math.abs((double) found[i] - part.values()[i]);
        difference = here <= difference ? difference : here;
      }
      double relative = difference / largest;
      error = relative <= error ? error : relative;
    }
    row.put("error", Double.isFinite(error) ? error : null);
    double tolerance = TOLERANCES.get(precision);
    if (!(error <= tolerance)) {
      throw new IllegalStateException(
          String.format(
              Locale.ROOT,
              "%s answers otherwise than cpu: by %.2e of the largest value, and %.0e is allowed",
              name,
              error,
              tolerance));
    }
  }

  private void measure(
      String what,
      ObjectNode node,
      Map<String, DeviceEngine> engines,
      Map<String, ObjectNode> rows,
      DeviceCase one) {
    List<String> names = new ArrayList<>(engines.keySet());
    Map<String, Integer> runs = new LinkedHashMap<>();
    Map<String, List<Double>> times = new LinkedHashMap<>();
    Map<String, List<Double>> fed = new LinkedHashMap<>();
    for (String name : names) {
      double seconds = warmUp(engines.get(name));
      runs.put(name, (int) Math.max(1, Math.min(MOST_RUNS, TURN / seconds)));
      times.put(name, new ArrayList<>());
      fed.put(name, new ArrayList<>());
    }
    for (int round = 0; round < Integer.parseInt(proof.option("rounds")); round++) {
      for (int i = 0; i < names.size(); i++) {
        String name = names.get((round + i) % names.size());
        times.get(name).add(median(engines.get(name).run(runs.get(name))));
        fed.get(name).add(median(engines.get(name).feed(Math.max(1, runs.get(name) / 4))));
      }
    }
    double least = Math.max(one.operations() / multiplyRate, one.bytes() / copyRate);
    boolean byOperations = one.operations() / multiplyRate >= one.bytes() / copyRate;
    node.put("least_ms", finite(1e3 * least)).put("bound", byOperations ? "operations" : "bytes");
    for (String name : names) {
      double[] each = times.get(name).stream().mapToDouble(t -> t).toArray();
      double time = median(each);
      rows.get(name)
          .put("ms", 1e3 * time)
          .put("fastest_ms", 1e3 * Arrays.stream(each).min().orElseThrow())
          .put("slowest_ms", 1e3 * Arrays.stream(each).max().orElseThrow())
          .put("fed_ms", 1e3 * median(fed.get(name).stream().mapToDouble(t -> t).toArray()))
          .put("per_second", one.batch() / time)
          .put("share_of_ceiling", finite(least / time));
      if (times.containsKey(OURS) && !name.equals(OURS)) {
        rows.get(name).put("times_riffle", ratio(times.get(name), times.get(OURS)));
      }
      say(
          "%s, %s: %.3f ms, error %.1e%s",
          what,
          name,
          1e3 * time,
          rows.get(name).path("error").asDouble(),
          Double.isFinite(least)
              ? String.format(Locale.ROOT, ", %.0f %% of the ceiling", 100 * least / time)
              : "");
    }
  }

  /** The seconds of a run, when it has run for a while. */
  private double warmUp(DeviceEngine engine) {
    long start = System.nanoTime();
    double[] last;
    do {
      last = engine.run(3);
    } while (System.nanoTime() - start < (proof.small() ? 0.1 : 1) * WARM_UP * 1e9);
    return median(last);
  }

  private static double ratio(List<Double> theirs, List<Double> ours) {
    double[] each = new double[ours.size()];
    Arrays.setAll(each, i -> theirs.get(i) / ours.get(i));
    return median(each);
  }

  // -------------------------------------------------------------- streams

  /** The largest batch that is answered within a stride. */
  private void streams() throws IOException {
    attempt(
        problems,
        "streams",
        () -> {
          StreamsOnDevice live = new StreamsOnDevice(kernels, proof.small());
          int most = proof.small() ? 8 : MOST_STREAMS;
          int held = 0;
          int refused = 0;
          for (int count = 1; count <= most && refused == 0; count *= 2) {
            if (inTime(live, count)) {
              held = count;
            } else {
              refused = count;
            }
          }
          while (refused - held > Math.max(1, held / 16) && proof.spent() < 1) {
            int middle = (held + refused) / 2;
            if (inTime(live, middle)) {
              held = middle;
            } else {
              refused = middle;
            }
          }
          result
              .put("streams_held", held)
              .put("streams_refused", refused)
              .put("stride_ms", 1e3 * StreamsOnDevice.STRIDE);
          say("streams held at a stride of %.0f ms: %d", 1e3 * StreamsOnDevice.STRIDE, held);
        });
  }

  private boolean inTime(StreamsOnDevice live, int count) {
    try {
      live.answer(count, 3);
      double[] seconds = live.answer(count, 9);
      double slowest = Arrays.stream(seconds).max().orElseThrow();
      streams
          .addObject()
          .put("streams", count)
          .put("ms", 1e3 * median(seconds))
          .put("slowest_ms", 1e3 * slowest)
          .put("windows_per_second", count / median(seconds));
      say("%d streams: %.2f ms, slowest %.2f ms", count, 1e3 * median(seconds), 1e3 * slowest);
      return slowest <= StreamsOnDevice.STRIDE;
    } catch (DeviceException.OutOfMemory e) {
      streams.addObject().put("streams", count).put("problem", e.getMessage());
      return false;
    }
  }

  // -------------------------------------------------------------- helpers

  /** Something that may fail without an end to the rest. */
  @FunctionalInterface
  private interface Attempt {
    void run() throws IOException;
  }

  private static Optional<Exception> attempt(ArrayNode problems, String what, Attempt work) {
    try {
      work.run();
      return Optional.empty();
    } catch (IOException | RuntimeException e) {
      problem(problems, what, e);
      return Optional.of(e);
    }
  }

  private static void problem(ArrayNode problems, String what, Exception e) {
    problems.add(what + ": " + (e.getMessage() == null ? e : e.getMessage()));
    say("PROBLEM %s: %s", what, e);
  }

  private static Double finite(double value) {
    return Double.isFinite(value) ? value : null;
  }

  static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }

  private static void say(String format, Object... arguments) {
    System.out.printf(Locale.ROOT, format + "%n", arguments);
  }
}
