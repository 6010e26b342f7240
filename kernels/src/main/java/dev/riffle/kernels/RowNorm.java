package dev.riffle.kernels;

/**
 * A norm of each row by itself: {@link Kernels#layerNorm}, or {@link Kernels#affine}, which is what
 * a batch norm is in inference.
 *
 * @param weight {@code [width]}; the scale of an affine one
 * @param bias {@code [width]}; its shift
 * @param epsilon of a layer norm; NaN where the norm is affine
 */
public record RowNorm(Tensor weight, Tensor bias, double epsilon) {

  /** (x - mean) / sqrt(variance + epsilon) (.) weight + bias over the features of a row. */
  public static RowNorm layer(Tensor weight, Tensor bias, double epsilon) {
    return new RowNorm(weight, bias, epsilon);
  }

  /** x (.) scale + shift. */
  public static RowNorm affine(Tensor scale, Tensor shift) {
    return new RowNorm(scale, shift, Double.NaN);
  }

  public boolean isAffine() {
    return Double.isNaN(epsilon);
  }

  /** Normalises each row of x {@code [rows, width]} into y, which may be x. */
  public void apply(Kernels kernels, Tensor x, Tensor y, int rows, int width) {
    if (isAffine()) {
      kernels.affine(weight, bias, x, y, rows, width);
    } else {
      kernels.layerNorm(weight, bias, epsilon, x, y, rows, width);
    }
  }
}
