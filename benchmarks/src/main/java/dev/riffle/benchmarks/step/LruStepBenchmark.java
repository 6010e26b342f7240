package dev.riffle.benchmarks.step;

import java.io.IOException;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One step of an LRU model on one thread: 8 values in, encoder, 4 layers with d_hidden = d_model
 * and layer norm before the recurrence, decoder, 2 log-probabilities out; for one key, and for 64
 * keys at once. Each engine must agree with {@code reference} on predictions and states before it
 * is measured.
 *
 * <p>{@code ./riffle bench step lru -p width=128 -p keys=1} measures a part of the table. The
 * engine {@code onnxruntime} needs {@code python3} to write its graph.
 */
@State(Scope.Thread)
@Threads(1)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(
    value = 1,
    jvmArgsAppend = {"--add-modules", "jdk.incubator.vector", "-Xmx1g"})
public class LruStepBenchmark {

  @Param({"64", "128", "256"})
  public int width;

  @Param({"1", "64"})
  public int keys;

  @Param({"vector", "fallback", "onnxruntime", "reference", "nd4j"})
  public String engine;

  private LruStep step;
  private float[] x; // [keys, inputs]
  private float[] y; // [keys, outputs]

  /** Makes the engine and compares it with the reference. */
  @Setup
  public void setUp() throws IOException {
    try (LruStep reference = LruStep.of("reference", width, keys);
        LruStep tested = LruStep.of(engine, width, keys)) {
      double difference = LruStep.difference(reference, tested, keys);
      if (!(difference < 1e-4)) {
        throw new IllegalStateException(
            engine + " is " + difference + " from the reference; 1e-4 is allowed.");
      }
    }
    step = LruStep.of(engine, width, keys);
    x = new float[keys * LruStep.INPUTS];
    y = new float[keys * LruStep.OUTPUTS];
    Random random = new Random(1);
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) random.nextGaussian();
    }
  }

  @Benchmark
  public float[] step() {
    step.advance(x, y);
    return y;
  }

  @TearDown
  public void tearDown() {
    step.close();
  }
}
