package dev.riffle.models.qrnn;

import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.Tensor;
import dev.riffle.models.Block;
import dev.riffle.models.PredictAt;
import dev.riffle.models.RecurrentModel;
import dev.riffle.models.RecurrentState;
import dev.riffle.models.Scratch;
import dev.riffle.models.qrnn.QrnnConfig.Variant;
import dev.riffle.models.weights.Weights;

/**
 * A stack of QRNN layers in inference. After every step it predicts h of its last layer, {@code
 * [hidden_size]}.
 *
 * <p>State of one sequence, for each layer: c as {@code [hidden_size]} in part {@code 2 layer};
 * then its last k-1 inputs as {@code [k - 1, inputs]}, oldest first, in part {@code 2 layer + 1}. A
 * sequence that begins elsewhere than at zeros has them written there. Inputs are remembered
 * whether or not {@code save_prev_x} was set in training: a sequence never depends on how it is cut
 * into calls.
 */
public final class Qrnn implements RecurrentModel {
  private static final String[] H = {"qrnn.h0", "qrnn.h1"};
  private static final String[] JOINED = {"qrnn.joined0", "qrnn.joined1"};

  private final Kernels kernels;
  private final QrnnConfig config;
  private final QrnnLayer[] layers;

  /**
   * @param weights under the names of the variant
   * @throws dev.riffle.models.ModelException if a weight is missing or of a wrong shape
   */
  public Qrnn(Kernels kernels, QrnnConfig config, Weights weights) {
    this(kernels, config, weights, config.variant() == Variant.LGIRRBACH ? "" : "layers.");
  }

  /**
   * @param stack what the names of all weights begin with, before the number of the layer
   */
  Qrnn(Kernels kernels, QrnnConfig config, Weights weights, String stack) {
    this.kernels = kernels;
    this.config = config;
    this.layers = new QrnnLayer[config.numLayers()];
    for (int i = 0; i < layers.length; i++) {
      layers[i] = new QrnnLayer(kernels, QrnnWeights.read(config, weights.under(stack), i));
    }
  }

  public QrnnConfig config() {
    return config;
  }

  /** Returns the number of values of the widest intermediate row. */
  int widest() {
    int widest = 0;
    for (int i = 0; i < layers.length; i++) {
      int gates = config.mode().gates() * config.hiddenSize();
      widest = Math.max(widest, Math.max(gates, config.kernelSize(i) * config.inputsOf(i)));
    }
    return widest;
  }

  /** Multiply-adds of a step. */
  long multiplyAdds() {
    long sum = 0;
    for (int i = 0; i < layers.length; i++) {
      int seen = config.kernelSize(i) * config.inputsOf(i);
      sum += (long) config.mode().gates() * config.hiddenSize() * seen;
    }
    return sum;
  }

  @Override
  public Kernels kernels() {
    return kernels;
  }

  @Override
  public int inputs() {
    return config.inputSize();
  }

  @Override
  public int[] outputShape() {
    return new int[] {config.hiddenSize()};
  }

  @Override
  public int[] stateSizes() {
    int[] sizes = new int[2 * layers.length];
    for (int i = 0; i < layers.length; i++) {
      sizes[2 * i] = layers[i].stateSize();
      sizes[2 * i + 1] = layers[i].tailSize();
    }
    return sizes;
  }

  @Override
  public void advance(
      Block block, RecurrentState state, PredictAt predictAt, Tensor y, Scratch work) {
    int rows = block.rows();
    int hidden = config.hiddenSize();
    Tensor x = block.x();
    for (int i = 0; i < layers.length; i++) {
      boolean last = i == layers.length - 1;
      Tensor h =
          last && predictAt == PredictAt.EVERY_STEP ? y : work.tensor(H[i % 2], rows * hidden);
      layers[i].advance(x, block.sequences(), state.part(2 * i), state.part(2 * i + 1), h, work);
      if (config.dense() && !last) {
        // the next layer reads [x, h_0, ..., h_i]
        int width = config.inputsOf(i);
        Tensor joined = work.tensor(JOINED[i % 2], rows * (width + hidden));
        kernels.concat(x, width, h, hidden, joined, rows);
        x = joined;
      } else {
        x = h;
      }
    }
    if (predictAt == PredictAt.LAST_STEP) {
      block.lastRows(kernels, x, y, hidden);
    }
    state.count(block);
  }
}
