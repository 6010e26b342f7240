package dev.riffle.kernels;

/**
 * The learned part of a layer norm or group norm: y = (x - mean) / sqrt(variance + epsilon) (.)
 * weight + bias.
 *
 * @param weight {@code [width]}
 * @param bias {@code [width]}
 * @param epsilon added to the variance
 */
public record NormWeights(Tensor weight, Tensor bias, double epsilon) {

  /**
   * @throws IllegalArgumentException if epsilon is negative or NaN
   */
  public NormWeights {
    Arguments.epsilon(epsilon);
  }
}
