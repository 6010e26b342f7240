package dev.riffle.benchmarks.stream;

import dev.riffle.benchmarks.support.OperatorTimes;
import dev.riffle.jobs.sequence.JobFile;
import dev.riffle.kernels.Backends;
import dev.riffle.local.LocalCluster;
import dev.riffle.local.RunningJob;
import dev.riffle.models.BatchItem;
import dev.riffle.models.Format;
import dev.riffle.models.Prediction;
import dev.riffle.models.PredictionValues;
import dev.riffle.models.StreamModel;
import dev.riffle.models.StreamRunner;
import dev.riffle.models.WindowOptions;
import dev.riffle.models.families.Families;
import dev.riffle.models.weights.ModelDirectory;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.zip.CRC32;

/**
 * What {@link WindowedJobBenchmark} measures, in a separate process. It answers each line of its
 * input with one of its output, and ends with its input:
 *
 * <pre>
 *   answer     CRC-32 of the answers to a window
 *   peak       bytes that a window takes, in words
 *   bare S     windows, and the seconds that they took, S or more
 *   job FILE   starts it, answers once all its tasks run
 *   end        cancels it; seconds of compute and assembly, mean seconds that an event queues, mean
 *              windows of a batch, peak bytes of heap
 * </pre>
 */
public final class WindowedJobProcess {
  private static final Duration PATIENCE = Duration.ofMinutes(5);
  private static final List<MemoryPoolMXBean> HEAP =
      ManagementFactory.getMemoryPoolMXBeans().stream()
          .filter(pool -> pool.getType() == MemoryType.HEAP)
          .toList();

  private final int tasks;
  private final int batch;
  private final float[] window;
  private final WindowedJobCase shape;
  private final StreamModel<PredictionValues> model;

  private WindowedJobProcess(String[] args) throws IOException {
    shape = WindowedJobCase.of(args[0]);
    tasks = Integer.parseInt(args[1]);
    batch = Integer.parseInt(args[2]);
    window = shape.window();
    model =
        Families.load(
            ModelDirectory.read(shape.directory()),
            Backends.find("cpu"),
            PredictionValues.class,
            WindowOptions.of(shape.length()));
  }

  /**
   * @param args name of the case, tasks, windows of a batch
   */
  public static void main(String[] args) throws Exception {
    WindowedJobProcess process = new WindowedJobProcess(args);
    try (LocalCluster cluster = LocalCluster.start(1, process.tasks, OperatorTimes.watch());
        BufferedReader input =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      say(Backends.find("cpu").description());
      RunningJob job = null;
      for (String line = input.readLine(); line != null; line = input.readLine()) {
        String[] words = line.split(" ", 2);
        switch (words[0]) {
          case "answer" -> say(Long.toString(process.answer()));
          case "peak" -> say(process.peak());
          case "bare" -> say(process.bare(Double.parseDouble(words[1])));
          case "job" -> {
            job = start(cluster, Path.of(words[1]));
            say("running");
          }
          case "end" -> {
            String times = times();
            job.cancel();
            say(times);
          }
          default -> throw new IllegalArgumentException("What is " + line + "?");
        }
      }
    }
  }

  private static void say(String line) {
    System.out.println(line);
    System.out.flush();
  }

  private static RunningJob start(LocalCluster cluster, Path file) throws Exception {
    OperatorTimes.reset();
    resetPeak();
    RunningJob job = cluster.submit(JobFile.read(file, Map.of()).onKafka().environment());
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      try {
        job.checkpoint();
        return job;
      } catch (IllegalStateException e) { // not all tasks run
        if (System.nanoTime() > end || job.status().isGloballyTerminalState()) {
          throw e;
        }
        Thread.sleep(100);
      }
    }
  }

  private static String times() {
    return String.format(
        Locale.ROOT,
        "%.6f %.6f %.6f %.3f %d",
        OperatorTimes.sum("inference_latency") / 1e6,
        OperatorTimes.sum("assembly_latency") / 1e6,
        OperatorTimes.mean("queue_latency") / 1e6,
        OperatorTimes.mean("batch_size"),
        heapPeak());
  }

  // ---- the bare model ----

  private List<BatchItem<PredictionValues>> rows(
      StreamRunner<PredictionValues> runner, int windows) {
    Format format = new Format(0, shape.width());
    List<BatchItem<PredictionValues>> rows = new ArrayList<>();
    for (int b = 0; b < windows; b++) {
      rows.add(new BatchItem<>(format, runner.open(format), window, 0, shape.length()));
    }
    return rows;
  }

  private long answer() {
    StreamRunner<PredictionValues> runner = model.newRunner();
    List<BatchItem<PredictionValues>> rows = rows(runner, 1);
    runner.advance(rows);
    CRC32 sum = new CRC32();
    for (Prediction<PredictionValues> output : rows.get(0).predictions) {
      float[] values = output.value().values();
      ByteBuffer bytes =
          ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      bytes.asFloatBuffer().put(values);
      sum.update(bytes);
    }
    return sum.getValue();
  }

  private String bare(double seconds) throws Exception {
    long began = System.nanoTime();
    long end = began + (long) (seconds * 1e9);
    ExecutorService threads = Executors.newFixedThreadPool(tasks);
    try {
      List<Future<Integer>> counts = new ArrayList<>();
      for (int t = 0; t < tasks; t++) {
        counts.add(threads.submit(() -> compute(end)));
      }
      int windows = 0;
      for (Future<Integer> count : counts) {
        windows += count.get();
      }
      return windows + " " + (System.nanoTime() - began) / 1e9;
    } finally {
      threads.shutdown();
    }
  }

  private int compute(long end) {
    StreamRunner<PredictionValues> runner = model.newRunner();
    int windows = 0;
    do {
      runner.advance(rows(runner, batch));
      windows += batch;
    } while (System.nanoTime() < end);
    return windows;
  }

  private String peak() {
    resetPeak();
    long before = heapPeak();
    StreamRunner<PredictionValues> runner = model.newRunner();
    runner.advance(rows(runner, 1));
    return String.format(
        Locale.ROOT, "  peak of one window, its input not counted: %,d bytes", heapPeak() - before);
  }

  private static void resetPeak() {
    System.gc();
    HEAP.forEach(MemoryPoolMXBean::resetPeakUsage);
  }

  private static long heapPeak() {
    return HEAP.stream().mapToLong(pool -> pool.getPeakUsage().getUsed()).sum();
  }
}
