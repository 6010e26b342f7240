package dev.riffle.models.rse;

import dev.riffle.kernels.Activation;
import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.Operations;
import dev.riffle.kernels.PositionNorm;

/**
 * The norm of the official code and the GELU after it. The paper calls it layer normalization, but
 * it covers positions, and its bias is added ahead of the division; see {@link
 * Operations#positionNorm}.
 */
final class OfficialNorm {
  private static final double EPSILON = 1e-10;

  private OfficialNorm() {}

  /**
   * @param offset the bias, {@code [width]}
   */
  static PositionNorm of(Kernels kernels, double[] offset) {
    return new PositionNorm(kernels.constant(offset), EPSILON, Activation.GELU_QUICK);
  }
}
