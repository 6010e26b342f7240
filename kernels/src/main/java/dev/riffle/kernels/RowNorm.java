package dev.riffle.kernels;

/**
 * A norm of each row by itself.
 *
 * @param kind which norm
 * @param weights of the norm; scale, shift and no epsilon of an affine one
 */
public record RowNorm(Kind kind, NormWeights weights) {
  /** Kinds of norms. */
  public enum Kind {
    /** y = x */
    NONE,
    /** {@link Operations#layerNorm} */
    LAYER,
    /** {@link Operations#affine}, which is a batch norm in inference */
    AFFINE
  }

  /** Leaves each row as it is. */
  public static final RowNorm NONE = new RowNorm(Kind.NONE, new NormWeights(null, null, 0));

  /** (x - mean) / sqrt(variance + epsilon) (.) weight + bias over the features of a row. */
  public static RowNorm layer(Tensor weight, Tensor bias, double epsilon) {
    return new RowNorm(Kind.LAYER, new NormWeights(weight, bias, epsilon));
  }

  /** x (.) scale + shift. */
  public static RowNorm affine(Tensor scale, Tensor shift) {
    return new RowNorm(Kind.AFFINE, new NormWeights(scale, shift, 0));
  }

  /**
   * Checks that the norm has weights for rows of {@code width} values.
   *
   * @param name of the norm in the message
   * @throws IllegalArgumentException if it has fewer
   */
  void checkWidth(String name, int width) {
    if (!isNone()) {
      Arguments.weights(name, weights.weight(), width);
      Arguments.weights(name, weights.bias(), width);
    }
  }

  /** Whether rows stay as they are. */
  public boolean isNone() {
    return kind == Kind.NONE;
  }

  /** Normalizes each row of x {@code [rows, width]} into y, which may be x. */
  public void apply(Operations operations, Tensor x, Tensor y, int rows, int width) {
    switch (kind) {
      case NONE -> operations.activate(Activation.NONE, x, y, rows * width);
      case LAYER -> operations.layerNorm(weights, x, y, rows, width);
      case AFFINE -> operations.affine(weights.weight(), weights.bias(), x, y, rows, width);
    }
  }
}
