package dev.riffle.models.qrnn;

import dev.riffle.models.ModelException;
import dev.riffle.models.weights.Weights;

/** Brings the weights of each variant into the paper's convention. */
final class QrnnWeights {
  private static final String[] GATES = {"z_conv", "f_conv", "o_conv", "i_conv"};
  private static final int F = 1; // place of the forget gate

  private QrnnWeights() {}

  /**
   * The weights of one layer.
   *
   * @param weights of the stack that the layer is in, numbered from 0
   */
  static QrnnLayer.Parameters read(QrnnConfig c, Weights weights, int layer) {
    Weights own = weights.under(layer + ".");
    return switch (c.variant()) {
      case PAPER, LGIRRBACH -> convolutions(c, own, layer);
      case SALESFORCE -> linear(c, own.under("linear."), layer);
    };
  }

  /** Each gate is a convolution {@code [hidden, inputs, taps]}, the oldest tap first. */
  private static QrnnLayer.Parameters convolutions(QrnnConfig c, Weights w, int layer) {
    int inputs = c.inputsOf(layer);
    int hidden = c.hiddenSize();
    int taps = c.kernelSize(layer);
    int gates = c.mode().gates();
    double[] weight = new double[0]; // until the shape of a stored one shows that it is possible
    double[] bias = c.bias() ? new double[gates * hidden] : null;
    for (int g = 0; g < gates; g++) {
      String name = GATES[g] + ".bias";
      if (c.bias()) {
        System.arraycopy(w.require(name, hidden), 0, bias, g * hidden, hidden);
      } else if (w.has(name)) {
        throw new ModelException(
            String.format(
                "Setting 'bias' is false, but layer %d has a tensor '%s'; set it to true, or take the"
                    + " tensor out.",
                layer, name));
      }
      double[] stored = w.require(GATES[g] + ".weight", hidden, inputs, taps);
      weight = g == 0 ? new double[gates * stored.length] : weight;
      for (int h = 0; h < hidden; h++) {
        for (int tap = 0; tap < taps; tap++) {
          for (int i = 0; i < inputs; i++) {
            weight[((g * hidden + h) * taps + tap) * inputs + i] =
                stored[(h * inputs + i) * taps + tap];
          }
        }
      }
    }
    return parameters(c, layer, weight, bias);
  }

  /**
   * All gates are one matrix {@code [gates, hidden, taps, inputs]}, the current input first, and
   * its f is 1 - f of the paper: 1 - sigmoid(a) = sigmoid(-a). With zoneout p, c_t = (1-p) f z + (1
   * - (1-p) f) c_(t-1), and 1 - (1-p) f = p + (1-p) (1 - f).
   */
  private static QrnnLayer.Parameters linear(QrnnConfig c, Weights w, int layer) {
    int inputs = c.inputsOf(layer);
    int hidden = c.hiddenSize();
    int taps = c.kernelSize(layer);
    int rows = c.mode().gates() * hidden;
    double[] stored = w.require("weight", rows, taps * inputs);
    double[] bias = w.require("bias", rows).clone();
    double[] weight = new double[stored.length];
    for (int row = 0; row < rows; row++) {
      int sign = row / hidden == F ? -1 : 1;
      bias[row] *= sign;
      for (int tap = 0; tap < taps; tap++) {
        for (int i = 0; i < inputs; i++) {
          weight[(row * taps + tap) * inputs + i] =
              sign * stored[(row * taps + taps - 1 - tap) * inputs + i];
        }
      }
    }
    return parameters(c, layer, weight, bias);
  }

  private static QrnnLayer.Parameters parameters(
      QrnnConfig c, int layer, double[] weight, double[] bias) {
    return new QrnnLayer.Parameters(
        c.inputsOf(layer),
        c.hiddenSize(),
        c.kernelSize(layer),
        c.mode().gates(),
        c.zActivation(),
        c.zoneout(),
        weight,
        bias);
  }
}
