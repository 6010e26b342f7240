package dev.riffle.models.routing;

import dev.riffle.kernels.Activation;
import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.NormWeights;
import dev.riffle.kernels.Tensor;
import dev.riffle.models.weights.Weights;
import java.util.Arrays;
import java.util.Optional;

/** sum + gain f(shift(norm(x))): a function with its norm and its residual. */
final class Sublayer {
  private static final double EPSILON = 1e-5;

  /** Normalises rows of x into y. */
  @FunctionalInterface
  interface Norm {
    void apply(Tensor x, Tensor y, int rows);
  }

  private final Kernels kernels;
  private final RoutingConfig config;
  private final Optional<Norm> norm;
  private final Tensor gain; // [dim]
  private final SublayerFunction function;

  /**
   * @param w weights of the sublayer: {@code norm.*} or {@code residual_weight}, and what its
   *     function has read
   */
  Sublayer(Kernels kernels, Weights w, RoutingConfig config, SublayerFunction function) {
    this.kernels = kernels;
    this.config = config;
    this.function = function;
    double[] gains = new double[config.dim()];
    Arrays.fill(gains, config.rezero() ? w.require("residual_weight", 1)[0] : 1);
    this.gain = kernels.constant(gains);
    this.norm = config.rezero() ? Optional.empty() : Optional.of(norm(w.under("norm.")));
  }

  private Norm norm(Weights w) {
    if (config.scaleNorm()) {
      double scale = w.require("g", 1)[0];
      return (x, y, rows) -> kernels.scaleNorm(scale, EPSILON, x, y, rows, config.dim());
    }
    return layerNorm(kernels, w, config.dim());
  }

  /** Layer norm with epsilon 1e-5. */
  static Norm layerNorm(Kernels kernels, Weights w, int width) {
    NormWeights norm =
        new NormWeights(
            kernels.constant(w.require("weight", width)),
            kernels.constant(w.require("bias", width)),
            EPSILON);
    return (x, y, rows) -> kernels.layerNorm(norm, x, y, rows, width);
  }

  /** sum += gain f(shift(norm(x))); sum may be x. */
  void addTo(Tensor sum, Tensor x, ForwardPass pass) {
    int rows = pass.rows().rows();
    int size = rows * config.dim();
    Tensor in = x;
    if (norm.isPresent()) {
      in = pass.work().tensor("routing.norm", size);
      norm.get().apply(x, in, rows);
    }
    if (config.shiftTokens()) {
      in = TokenShift.apply(kernels, in, config, pass);
    }
    Tensor y = pass.work().tensor("routing.sublayer", size);
    function.apply(in, y, pass);
    kernels.addScaled(gain, y, sum, Activation.NONE, rows, config.dim());
  }

  /** Multiply-adds of its function. */
  long multiplyAdds(int rows) {
    return function.multiplyAdds(rows);
  }
}
