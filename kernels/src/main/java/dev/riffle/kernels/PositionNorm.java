package dev.riffle.kernels;

/**
 * The norm of the Residual Shuffle-Exchange network (Draguns et al. 2021, <a
 * href="https://arxiv.org/abs/2004.04662">arXiv 2004.04662</a>) and the activation after it, see
 * {@link Operations#positionNorm}.
 *
 * @param offset {@code [width]}, added ahead of the division
 * @param epsilon added to the mean square
 * @param activation f
 */
public record PositionNorm(Tensor offset, double epsilon, Activation activation) {

  /**
   * @throws IllegalArgumentException if epsilon is negative or NaN
   */
  public PositionNorm {
    Arguments.epsilon(epsilon);
  }
}
