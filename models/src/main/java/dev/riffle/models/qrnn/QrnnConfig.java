package dev.riffle.models.qrnn;

import dev.riffle.kernels.Activation;
import dev.riffle.models.Settings;
import java.util.Collections;
import java.util.List;

/**
 * Sizes and choices, under the references' names.
 *
 * @param kernelSizes k, inputs that a gate sees, of all layers or of each; {@code window} of
 *     salesforce
 * @param bias false if the convolutions have none
 * @param dense true if a layer reads the input and all layers before it, in this order
 * @param zoneout of salesforce; in inference its f is multiplied by 1 - zoneout
 */
public record QrnnConfig(
    Variant variant,
    int inputSize,
    int hiddenSize,
    int numLayers,
    List<Integer> kernelSizes,
    Mode mode,
    boolean bias,
    boolean dense,
    Activation zActivation,
    double zoneout) {

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
   * Reads {@code variant}, {@code input_size}, {@code hidden_size}, {@code num_layers}; {@code
   * kernel_size} and {@code mode} (f, fo, ifo), or of salesforce {@code window} (1, 2) and {@code
   * output_gate}; a kernel size or window may be a list with one of each layer; and if they are
   * there {@code bias}, {@code dense}, {@code z_activation}, {@code zoneout}.
   */
  public static QrnnConfig of(Settings s) {
    Variant variant = variant(s);
    boolean salesforce = variant == Variant.SALESFORCE;
    s.checkProduct("weights", 1, "num_layers", "hidden_size", "hidden_size");
    s.checkProduct("weights", 1, "hidden_size", "input_size");
    return new QrnnConfig(
        variant,
        s.size("input_size"),
        s.size("hidden_size"),
        s.layers("num_layers"),
        kernelSizes(s, salesforce ? "window" : "kernel_size", salesforce ? 2 : Integer.MAX_VALUE),
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

  private static List<Integer> kernelSizes(Settings s, String name, int most) {
    List<Integer> sizes = s.sizes(name);
    int layers = s.layers("num_layers");
    if (sizes.size() != 1 && sizes.size() != layers) {
      throw s.expected("one whole number, or one for each of the " + layers + " layers,", name);
    }
    if (Collections.max(sizes) > most) {
      throw s.expected("1 or 2, as salesforce/pytorch-qrnn has no other,", name);
    }
    return sizes;
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

  /** Inputs that a gate of a layer sees. */
  int kernelSize(int layer) {
    return kernelSizes.get(kernelSizes.size() == 1 ? 0 : layer);
  }

  /** Features that a layer reads. */
  int inputsOf(int layer) {
    if (layer == 0) {
      return inputSize;
    }
    return dense ? inputSize + layer * hiddenSize : hiddenSize;
  }
}
