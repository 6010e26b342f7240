package dev.riffle.models.lru;

import dev.riffle.kernels.Constants.Linear;
import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.Tensor;
import dev.riffle.models.Block;
import dev.riffle.models.PredictAt;
import dev.riffle.models.RecurrentModel;
import dev.riffle.models.RecurrentState;
import dev.riffle.models.Scratch;
import dev.riffle.models.lru.LruConfig.Pooling;
import dev.riffle.models.weights.Weights;
import java.util.Arrays;

/**
 * The classification model of minimal-LRU in inference: encoder, layers, pooling, decoder, log
 * softmax. After every step it predicts what the reference predicts for the steps so far.
 *
 * <p>State of one sequence: per layer h as {@code [2, d_hidden]}, real parts before imaginary ones;
 * with mean pooling also the sum of the last layer's outputs and its rounding, {@code [2,
 * d_model]}.
 */
public final class Lru implements RecurrentModel {
  private static final double LAYER_EPSILON = 1e-6; // flax's

  private final Kernels kernels;
  private final LruConfig config;
  private final Linear encoder; // [d_model, d_input]
  private final LruLayer[] layers;
  private final Linear decoder; // [d_output * multidim, d_model]

  /**
   * @param weights under the reference's flax paths: {@code params/encoder/layers_0/seq/nu_log}
   * @throws dev.riffle.models.ModelException if a weight is missing or of a wrong shape
   */
  public Lru(Kernels kernels, LruConfig config, Weights weights) {
    this.kernels = kernels;
    this.config = config;
    this.encoder =
        dense(kernels, weights.under("params/encoder/encoder/"), config.dInput(), config.dModel());
    this.layers = new LruLayer[config.layers()];
    for (int i = 0; i < layers.length; i++) {
      String layer = "encoder/layers_" + i + "/";
      layers[i] =
          new LruLayer(
              kernels,
              parameters(weights.under("params/" + layer)),
              norm(
                  weights.under("params/" + layer + "normalization/"),
                  weights.under("batch_stats/" + layer + "normalization/")),
              config.prenorm(),
              1);
    }
    this.decoder =
        dense(
            kernels,
            weights.under("params/decoder/"),
            config.dModel(),
            config.dOutput() * config.multidim());
  }

  public LruConfig config() {
    return config;
  }

  /** Returns the multiply-adds of a step, including its prediction. */
  public long multiplyAdds() {
    long sum = (long) encoder.inputs() * encoder.outputs();
    for (LruLayer layer : layers) {
      sum += layer.multiplyAdds();
    }
    return sum + (long) decoder.inputs() * decoder.outputs();
  }

  @Override
  public Kernels kernels() {
    return kernels;
  }

  @Override
  public int inputs() {
    return config.dInput();
  }

  @Override
  public int[] outputShape() {
    return config.multidim() > 1
        ? new int[] {config.dOutput(), config.multidim()}
        : new int[] {config.dOutput()};
  }

  @Override
  public int[] stateSizes() {
    int[] sizes = new int[layers.length + (config.pooling() == Pooling.MEAN ? 1 : 0)];
    Arrays.fill(sizes, 2 * config.dModel());
    for (int i = 0; i < layers.length; i++) {
      sizes[i] = layers[i].stateSize();
    }
    return sizes;
  }

  @Override
  public void advance(
      Block block, RecurrentState state, PredictAt predictAt, Tensor y, Scratch work) {
    int rows = block.rows();
    int width = config.dModel();

    Tensor x = work.tensor("lru.x", rows * width);
    kernels.linear(encoder, block.x(), x, rows);
    work.show("encoder_output", x, rows, width);

    for (int i = 0; i < layers.length; i++) {
      layers[i].advance(x, block.sequences(), state.part(i), work);
    }

    if (config.pooling() == Pooling.MEAN) {
      // m_t = (x_1 + ... + x_t) / t
      Tensor sums = state.part(layers.length);
      kernels.runningMean(x, block.sequences(), state.counts(), sums, x, width);
    }
    state.count(block);
    switch (predictAt) {
      case EVERY_STEP -> decode(x, y, rows);
      case LAST_STEP -> {
        Tensor last = work.tensor("lru.last", block.count() * width);
        block.lastRows(kernels, x, last, width);
        decode(last, y, block.count());
      }
      case NO_STEP -> {}
    }
  }

  /** The head. */
  private void decode(Tensor x, Tensor y, int rows) {
    kernels.linear(decoder, x, y, rows);
    if (config.multidim() > 1) {
      kernels.logSoftmax(y, y, rows * config.dOutput(), config.multidim());
    } else {
      kernels.logSoftmax(y, y, rows, config.dOutput());
    }
  }

  private static Linear dense(Kernels kernels, Weights w, int inputs, int outputs) {
    double[] kernel = w.requireTransposed("kernel", inputs, outputs);
    return kernels.linear(kernel, w.require("bias", outputs), outputs, inputs);
  }

  private LruLayer.Parameters parameters(Weights w) {
    int d = config.dModel();
    return LruLayer.Parameters.of(
        w.under("seq/"),
        d,
        config.dHidden(),
        w.requireTransposed("out1/kernel", d, d),
        w.require("out1/bias", d),
        w.requireTransposed("out2/kernel", d, d),
        w.require("out2/bias", d));
  }

  private Norm norm(Weights learnt, Weights statistics) {
    int d = config.dModel();
    double[] scale = learnt.require("scale", d);
    double[] bias = learnt.require("bias", d);
    return config.norm().equals("layer")
        ? Norm.layer(kernels, scale, bias, LAYER_EPSILON)
        : Norm.batch(
            kernels, scale, bias, statistics.require("mean", d), statistics.require("var", d));
  }
}
