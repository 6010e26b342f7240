package dev.riffle.kernels;

import dev.riffle.kernels.Constants.Linear;

/**
 * The weights of {@link FusedOperations#switchUnit}.
 *
 * @param expand from {@code 2 width} features to the hidden ones
 * @param norm of the hidden features
 * @param contract from the hidden features to {@code 2 width}
 * @param scale {@code [2, width]} of the residual
 */
public record SwitchUnitWeights(Linear expand, PositionNorm norm, Linear contract, Tensor scale) {

  /** Features of a position. */
  public int width() {
    return expand.inputs() / 2;
  }

  /** Features of a pair of positions between the two products. */
  public int hidden() {
    return expand.outputs();
  }
}
