package dev.riffle.kernels;

import dev.riffle.kernels.Constants.Linear;

/**
 * A multi-layer perceptron with one hidden layer, see {@link FusedOperations#mlp}.
 *
 * @param norm of each row ahead of the first layer
 * @param first from {@code width} features to the hidden ones
 * @param activation of the hidden features
 * @param second from the hidden features to the output
 */
public record Mlp(RowNorm norm, Linear first, Activation activation, Linear second) {

  /**
   * @throws IllegalArgumentException if the second layer does not read the output of the first, the
   *     norm is too small, or the output of an MLP with a norm is narrower than its input
   */
  public Mlp {
    if (second.inputs() != first.outputs()) {
      throw new IllegalArgumentException(
          String.format(
              "MLP: second must have %d input features (the outputs of first), found %d.",
              first.outputs(), second.inputs()));
    }
    norm.checkWidth("MLP: norm", first.inputs());
    if (!norm.isNone() && second.outputs() < first.inputs()) {
      throw new IllegalArgumentException(
          String.format(
              "MLP: second must have %d or more output features, found %d. Normalized rows of %d"
                  + " features are stored in the output first; use a wider output or no norm.",
              first.inputs(), second.outputs(), first.inputs()));
    }
  }
}
