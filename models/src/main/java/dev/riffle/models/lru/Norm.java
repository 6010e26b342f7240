package dev.riffle.models.lru;

import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.RowNorm;
import dev.riffle.kernels.Tensor;
import dev.riffle.models.ModelException;

/**
 * The normalisation of a layer, with its weights on one backend.
 *
 * @param row what it does to a row of {@code width} features
 */
public record Norm(Kernels kernels, RowNorm row, int width) {
  /** Normalises each row of x {@code [rows, width]} into y, which may be x. */
  public void apply(Tensor x, Tensor y, int rows) {
    row.apply(kernels, x, y, rows, width);
  }

  /**
   * Layer norm: (x - mean) / sqrt(variance + epsilon) (.) weight + bias over the features of a row.
   *
   * @param weight {@code [width]}
   * @param bias {@code [width]}
   */
  public static Norm layer(Kernels kernels, double[] weight, double[] bias, double epsilon) {
    Tensor w = kernels.constant(weight);
    Tensor b = kernels.constant(bias);
    return new Norm(kernels, RowNorm.layer(w, b, epsilon), weight.length);
  }

  /**
   * Batch norm in inference, with the running statistics of training; every array {@code [width]}.
   *
   * @throws ModelException if a variance is negative
   */
  public static Norm batch(
      Kernels kernels, double[] weight, double[] bias, double[] mean, double[] variance) {
    // (x - mean) / sqrt(variance + 1e-5) (.) weight + bias = x (.) scale + shift
    double[] scale = new double[weight.length];
    double[] shift = new double[weight.length];
    for (int j = 0; j < scale.length; j++) {
      if (variance[j] < 0) {
        throw new ModelException(
            String.format(
                "A batch norm's running variance is %s at [%d], expected >= 0.", variance[j], j));
      }
      scale[j] = weight[j] / Math.sqrt(variance[j] + 1e-5);
      shift[j] = bias[j] - mean[j] * scale[j];
    }
    Tensor s = kernels.constant(scale);
    Tensor b = kernels.constant(shift);
    return new Norm(kernels, RowNorm.affine(s, b), scale.length);
  }
}
