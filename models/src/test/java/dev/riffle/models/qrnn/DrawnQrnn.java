package dev.riffle.models.qrnn;

import dev.riffle.kernels.Activation;
import dev.riffle.kernels.Kernels;
import dev.riffle.models.qrnn.QrnnConfig.Mode;
import dev.riffle.models.qrnn.QrnnConfig.Variant;
import dev.riffle.models.weights.Safetensors;
import dev.riffle.models.weights.SafetensorsWriter;
import dev.riffle.models.weights.Weights;
import java.util.List;
import java.util.Random;

/** Networks with random weights, for tests of properties. */
public final class DrawnQrnn {
  /** All read 3 values per step. */
  public static final List<QrnnConfig> CONFIGS =
      List.of(
          new QrnnConfig(
              Variant.PAPER, 3, 17, 3, List.of(4), Mode.IFO, true, true, Activation.TANH, 0),
          new QrnnConfig(
              Variant.SALESFORCE,
              3,
              16,
              2,
              List.of(2, 1),
              Mode.FO,
              true,
              false,
              Activation.TANH,
              0.25),
          new QrnnConfig(
              Variant.LGIRRBACH, 3, 5, 1, List.of(1), Mode.F, true, false, Activation.SOFTPLUS, 0));

  private static final List<String> GATES = List.of("z", "f", "o", "i");

  private DrawnQrnn() {}

  public static Qrnn draw(Kernels kernels, QrnnConfig config) {
    byte[] bytes = tensors(config).toBytes();
    return new Qrnn(kernels, config, Weights.of(Safetensors.parse(bytes, "drawn")));
  }

  /** Tensors under the names of the variant. */
  static SafetensorsWriter tensors(QrnnConfig c) {
    SafetensorsWriter to = new SafetensorsWriter();
    add(to, c, new Random(7), c.variant() == Variant.LGIRRBACH ? "" : "layers.");
    return to;
  }

  /** Tensors of both directions. */
  static SafetensorsWriter bothWays(QrnnConfig c) {
    SafetensorsWriter to = new SafetensorsWriter();
    add(to, c, new Random(7), "layers.");
    add(to, c, new Random(8), "layers_bwd.");
    return to;
  }

  private static void add(SafetensorsWriter to, QrnnConfig c, Random random, String stack) {
    int hidden = c.hiddenSize();
    for (int layer = 0; layer < c.numLayers(); layer++) {
      int inputs = c.inputsOf(layer);
      int gates = c.mode().gates();
      if (c.variant() == Variant.SALESFORCE) {
        int rows = gates * hidden;
        int columns = c.kernelSize(layer) * inputs;
        String name = stack + layer + ".linear.";
        to.add(name + "weight", values(random, rows * columns), rows, columns);
        to.add(name + "bias", values(random, rows), rows);
      } else {
        for (String gate : GATES.subList(0, gates)) {
          String name = stack + layer + "." + gate + "_conv.";
          int size = hidden * inputs * c.kernelSize(layer);
          to.add(name + "weight", values(random, size), hidden, inputs, c.kernelSize(layer));
          if (c.bias()) {
            to.add(name + "bias", values(random, hidden), hidden);
          }
        }
      }
    }
  }

  private static double[] values(Random random, int count) {
    return random.doubles(count, -0.5, 0.5).toArray();
  }
}
