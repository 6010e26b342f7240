package dev.riffle.models.rse;

import dev.riffle.kernels.Activation;
import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.Tensor;

/**
 * The norm of the official code and the gelu after it. The paper calls it layer normalisation, but
 * it reaches over positions, and its bias is added before the division; see {@link
 * Kernels#positionNorm}.
 */
final class PositionNorm {
  static final double EPSILON = 1e-10;
  static final Activation ACTIVATION = Activation.GELU_QUICK;

  private final Kernels kernels;
  private final Tensor offset; // [width]
  private final int width;

  PositionNorm(Kernels kernels, double[] offset) {
    this.kernels = kernels;
    this.offset = kernels.constant(offset);
    this.width = offset.length;
  }

  /** x {@code [sequences, positions, width]}, in place. */
  void apply(Tensor x, int sequences, int positions) {
    int[] starts = new int[sequences + 1];
    for (int b = 0; b < sequences; b++) {
      starts[b + 1] = starts[b] + positions;
    }
    kernels.positionNorm(offset, EPSILON, ACTIVATION, x, x, starts, sequences, width);
  }

  /** The bias of the norm, {@code [width]}. */
  Tensor offset() {
    return offset;
  }
}
