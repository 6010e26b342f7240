package dev.riffle.models.qrnn;

import dev.riffle.kernels.Activation;
import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.Tensor;
import dev.riffle.models.Block;
import dev.riffle.models.PredictAt;
import dev.riffle.models.RecurrentModel;
import dev.riffle.models.RecurrentState;
import dev.riffle.models.Scratch;
import dev.riffle.models.Settings;
import dev.riffle.models.weights.Weights;

/**
 * A stack of QRNN layers in inference. After every step it answers h of its last layer, {@code
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

  /** Whose names, order and signs the weights follow. */
  public enum Variant {
    /** The paper: {@code layers.0.z_conv.weight}. */
    PAPER,
    /**
     * salesforce/pytorch-qrnn: {@code layers.0.linear.weight}, the current input first; f says how
     * much is taken in, not how much is kept.
     */
    SALESFORCE,
    /** lgirrbach/pytorch-qrnn: {@code 0.z_conv.weight}; z is positive. */
    LGIRRBACH
  }

  /** What the recurrence has, by the paper's names. */
  public enum Mode {
    /** A forget gate. */
    F,
    /** An output gate, too. */
    FO,
    /** And an input gate instead of 1 - f. */
    IFO;

    /** Gates, z among them. */
    int gates() {
      return ordinal() + 2;
    }
  }

  /**
   * Sizes and choices, under the references' names.
   *
   * @param kernelSize k, inputs that a gate sees; {@code window} of salesforce
   * @param bias false if the convolutions have none
   * @param dense true if a layer reads the input and all layers before it, in this order
   * @param zoneout of salesforce; in inference its f is multiplied by 1 - zoneout
   */
  public record Config(
      Variant variant,
      int inputSize,
      int hiddenSize,
      int numLayers,
      int kernelSize,
      Mode mode,
      boolean bias,
      boolean dense,
      Activation zActivation,
      double zoneout) {

    /**
     * Reads {@code variant}, {@code input_size}, {@code hidden_size}, {@code num_layers}; {@code
     * kernel_size} and {@code mode} (f, fo, ifo), or of salesforce {@code window} (1, 2) and {@code
     * output_gate}; and if they are there {@code bias}, {@code dense}, {@code z_activation}, {@code
     * zoneout}.
     */
    public static Config of(Settings s) {
      Variant variant = variant(s);
      boolean salesforce = variant == Variant.SALESFORCE;
      return new Config(
          variant,
          s.size("input_size"),
          s.size("hidden_size"),
          s.size("num_layers"),
          salesforce ? window(s) : s.size("kernel_size"),
          salesforce ? (s.flag("output_gate") ? Mode.FO : Mode.F) : mode(s),
          flag(s, "bias", true, salesforce),
          flag(s, "dense", false, variant != Variant.PAPER),
          zActivation(s, variant),
          zoneout(s, salesforce));
    }

    private static Variant variant(Settings s) {
      return switch (s.text("variant")) {
        case "paper" -> Variant.PAPER;
        case "salesforce" -> Variant.SALESFORCE;
        case "lgirrbach" -> Variant.LGIRRBACH;
        default -> throw s.expected("paper, salesforce or lgirrbach", "variant");
      };
    }

    private static int window(Settings s) {
      int window = s.size("window");
      if (window > 2) {
        throw s.expected("1 or 2, as salesforce/pytorch-qrnn has no other,", "window");
      }
      return window;
    }

    private static Mode mode(Settings s) {
      return switch (s.text("mode")) {
        case "f" -> Mode.F;
        case "fo" -> Mode.FO;
        case "ifo" -> Mode.IFO;
        default -> throw s.expected("f, fo or ifo", "mode");
      };
    }

    private static boolean flag(Settings s, String name, boolean usual, boolean always) {
      boolean value = s.has(name) ? s.flag(name) : usual;
      if (always && value != usual) {
        throw s.expected(usual + ", as its variant has nothing else,", name);
      }
      return value;
    }

    private static Activation zActivation(Settings s, Variant variant) {
      if (!s.has("z_activation")) {
        return variant == Variant.LGIRRBACH ? Activation.SIGMOID : Activation.TANH;
      }
      return switch (s.text("z_activation")) {
        case "tanh" -> Activation.TANH;
        case "sigmoid" -> Activation.SIGMOID;
        case "softplus" -> Activation.SOFTPLUS;
        case "exp" -> Activation.EXP;
        default -> throw s.expected("tanh, sigmoid, softplus or exp", "z_activation");
      };
    }

    private static double zoneout(Settings s, boolean salesforce) {
      double zoneout = s.has("zoneout") ? s.number("zoneout") : 0;
      if (zoneout < 0 || zoneout >= 1) {
        throw s.expected("0 or more and less than 1", "zoneout");
      }
      if (zoneout > 0 && !salesforce) {
        throw s.expected(
            "0, as only salesforce says what its zoneout does in inference; leave it out to run the"
                + " gates as trained,",
            "zoneout");
      }
      return zoneout;
    }

    /** Features that a layer reads. */
    int inputsOf(int layer) {
      if (layer == 0) {
        return inputSize;
      }
      return dense ? inputSize + layer * hiddenSize : hiddenSize;
    }
  }

  private final Kernels kernels;
  private final Config config;
  private final QrnnLayer[] layers;

  /**
   * @param weights under the names of the variant
   * @throws dev.riffle.models.ModelException if a weight is missing or of a wrong shape
   */
  public Qrnn(Kernels kernels, Config config, Weights weights) {
    this(kernels, config, weights, config.variant == Variant.LGIRRBACH ? "" : "layers.");
  }

  /**
   * @param stack what the names of all weights begin with, before the number of the layer
   */
  Qrnn(Kernels kernels, Config config, Weights weights, String stack) {
    this.kernels = kernels;
    this.config = config;
    this.layers = new QrnnLayer[config.numLayers];
    for (int i = 0; i < layers.length; i++) {
      layers[i] = new QrnnLayer(kernels, QrnnWeights.read(config, weights.under(stack), i));
    }
  }

  public Config config() {
    return config;
  }

  /** Values of the widest row on the way. */
  int widest() {
    int widest = 0;
    for (int i = 0; i < layers.length; i++) {
      int gates = config.mode.gates() * config.hiddenSize;
      widest = Math.max(widest, Math.max(gates, config.kernelSize * config.inputsOf(i)));
    }
    return widest;
  }

  /** Multiply-adds of a step. */
  long multiplyAdds() {
    long sum = 0;
    for (int i = 0; i < layers.length; i++) {
      int seen = config.kernelSize * config.inputsOf(i);
      sum += (long) config.mode.gates() * config.hiddenSize * seen;
    }
    return sum;
  }

  @Override
  public Kernels kernels() {
    return kernels;
  }

  @Override
  public int inputs() {
    return config.inputSize;
  }

  @Override
  public int[] outputShape() {
    return new int[] {config.hiddenSize};
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
      Block block, RecurrentState state, PredictAt answers, Tensor y, Scratch work) {
    int rows = block.rows();
    int hidden = config.hiddenSize;
    Tensor x = block.x();
    for (int i = 0; i < layers.length; i++) {
      boolean last = i == layers.length - 1;
      Tensor h = last && answers == PredictAt.EVERY_STEP ? y : work.tensor(H[i % 2], rows * hidden);
      layers[i].advance(
          x, block.starts(), block.sequences(), state.part(2 * i), state.part(2 * i + 1), h, work);
      if (config.dense && !last) {
        // the next layer reads [x, h_0, ..., h_i]
        int width = config.inputsOf(i);
        Tensor joined = work.tensor(JOINED[i % 2], rows * (width + hidden));
        kernels.concat(x, width, h, hidden, joined, rows);
        x = joined;
      } else {
        x = h;
      }
    }
    if (answers == PredictAt.LAST_STEP) {
      block.lastRows(kernels, x, y, hidden);
    }
    state.count(block);
  }
}
