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

  /**
   * @throws IllegalArgumentException if the sizes of the parts do not fit together
   */
  public SwitchUnitWeights {
    if (expand.inputs() % 2 != 0) {
      throw new IllegalArgumentException(
          "switch unit: expand must have an even number of input features (two positions), found "
              + expand.inputs()
              + ".");
    }
    Arguments.product("switch unit: contract", contract, expand.outputs(), expand.inputs());
    Arguments.weights("switch unit: offset of the norm", norm.offset(), expand.outputs());
    Arguments.weights("switch unit: scale", scale, expand.inputs());
  }

  /** Features of a position. */
  public int width() {
    return expand.inputs() / 2;
  }

  /** Features of a pair of positions between the two products. */
  public int hidden() {
    return expand.outputs();
  }
}
