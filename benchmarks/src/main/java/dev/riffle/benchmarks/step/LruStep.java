package dev.riffle.benchmarks.step;

import dev.riffle.benchmarks.support.Checkout;
import dev.riffle.kernels.Backends;
import dev.riffle.kernels.cpu.CpuProvider;
import dev.riffle.models.lru.LruConfig;
import dev.riffle.models.lru.LruInit;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Random;

/** One step of some keys of an LRU model, state kept from step to step. For one thread. */
public interface LruStep extends AutoCloseable {

  /** Values of an event. */
  int INPUTS = 8;

  /** Values of an answer. */
  int OUTPUTS = 2;

  /** Layers of the model. */
  int LAYERS = 4;

  /**
   * Advances each key by one event.
   *
   * @param x {@code [keys, INPUTS]}
   * @param y {@code [keys, OUTPUTS]}, log-probabilities after the event
   */
  void advance(float[] x, float[] y);

  /** State of one layer, {@code [keys, 2, d_hidden]}. */
  float[] state(int layer);

  @Override
  void close();

  /**
   * A step of what {@code engine} names: {@code vector}, {@code fallback}, {@code reference},
   * {@code nd4j} or {@code onnxruntime}.
   *
   * @param width d_model and d_hidden
   */
  static LruStep of(String engine, int width, int keys) throws IOException {
    Path weights = weights(width);
    return switch (engine) {
      case "vector" -> new RiffleStep(CpuProvider.vector(1), config(width), weights, keys);
      case "fallback" -> new RiffleStep(CpuProvider.fallback(1), config(width), weights, keys);
      case "reference", "nd4j" ->
          new RiffleStep(Backends.find(engine), config(width), weights, keys);
      case "onnxruntime" -> new OnnxStep(OnnxStep.graph(weights), width, keys);
      default -> throw new IllegalArgumentException("No engine is called '" + engine + "'.");
    };
  }

  /** Untrained weights drawn as the reference does, in benchmarks/target; the same every time. */
  static Path weights(int width) throws IOException {
    Path file = Checkout.target("lru-" + width + ".safetensors");
    LruInit.draw(config(width), 0.5, 0.99, 6.28, 1919).write(file);
    return file;
  }

  static LruConfig config(int width) {
    return new LruConfig(
        INPUTS, width, width, LAYERS, OUTPUTS, 1, LruConfig.Pooling.NONE, "layer", true);
  }

  /**
   * Runs 20 steps and compares answers and states.
   *
   * @return the largest difference
   */
  static double difference(LruStep a, LruStep b, int keys) {
    double largest = 0;
    Random random = new Random(7);
    float[] x = new float[keys * INPUTS];
    float[] ya = new float[keys * OUTPUTS];
    float[] yb = new float[keys * OUTPUTS];
    for (int t = 0; t < 20; t++) {
      for (int i = 0; i < x.length; i++) {
        x[i] = (float) random.nextGaussian();
      }
      a.advance(x, ya);
      b.advance(x, yb);
      largest = Math.max(largest, difference(ya, yb));
    }
    for (int layer = 0; layer < LAYERS; layer++) {
      largest = Math.max(largest, difference(a.state(layer), b.state(layer)));
    }
    return largest;
  }

  private static double difference(float[] a, float[] b) {
    if (a.length != b.length) {
      throw new IllegalStateException(a.length + " values are compared with " + b.length);
    }
    double largest = 0;
    for (int i = 0; i < a.length; i++) {
      double difference = Math.abs((double) a[i] - b[i]);
      largest = Double.isNaN(difference) ? Double.POSITIVE_INFINITY : Math.max(largest, difference);
    }
    return largest;
  }
}
