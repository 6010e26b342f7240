package dev.riffle.models.routing;

import dev.riffle.kernels.Activation;
import dev.riffle.kernels.Constants.Linear;
import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.Tensor;
import dev.riffle.models.weights.Weights;
import java.util.Arrays;
import java.util.Optional;

/** y = W2 gelu(W1 x), or W2 (gelu(A x) (.) B x) with a gate, A and B the halves of W1. */
final class FeedForward implements SublayerFunction {
  private final Kernels kernels;
  private final Linear rise;
  private final Optional<Linear> gate;
  private final Linear fall;

  FeedForward(Kernels kernels, Weights w, int dim, boolean gated) {
    this.kernels = kernels;
    int hidden = 4 * dim;
    int outputs = gated ? 2 * hidden : hidden;
    double[] weight = w.require("w1.weight", outputs, dim);
    double[] bias = w.require("w1.bias", outputs);
    this.rise = half(weight, bias, 0, hidden, dim);
    this.gate = gated ? Optional.of(half(weight, bias, hidden, hidden, dim)) : Optional.empty();
    this.fall =
        kernels.linear(w.require("w2.weight", dim, hidden), w.require("w2.bias", dim), dim, hidden);
  }

  private Linear half(double[] weight, double[] bias, int first, int rows, int dim) {
    return kernels.linear(
        Arrays.copyOfRange(weight, first * dim, (first + rows) * dim),
        Arrays.copyOfRange(bias, first, first + rows),
        rows,
        dim);
  }

  @Override
  public void apply(Tensor x, Tensor y, ForwardPass pass) {
    int rows = pass.rows().rows();
    int count = rows * rise.outputs();
    Tensor hidden = pass.work().tensor("routing.hidden", count);
    kernels.linear(rise, x, hidden, rows);
    kernels.activate(Activation.GELU, hidden, hidden, count);
    if (gate.isPresent()) {
      Tensor open = pass.work().tensor("routing.gate", count);
      kernels.linear(gate.get(), x, open, rows);
      kernels.multiply(hidden, open, hidden, count);
    }
    kernels.linear(fall, hidden, y, rows);
  }

  @Override
  public long multiplyAdds(int rows) {
    int up = rise.outputs() + gate.map(Linear::outputs).orElse(0);
    return (long) rows * (up + fall.inputs()) * rise.inputs();
  }
}
