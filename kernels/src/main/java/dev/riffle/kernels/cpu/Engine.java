package dev.riffle.kernels.cpu;

import dev.riffle.kernels.Activation;
import dev.riffle.kernels.Bags;
import dev.riffle.kernels.Constants;
import dev.riffle.kernels.FoGates;
import dev.riffle.kernels.Operations;

/**
 * The inner loops of {@link CpuKernels}; arguments are already checked. An engine has no mutable
 * state and is safe for use by any number of threads.
 */
public interface Engine {

  /** Describes the engine, for {@link CpuKernels#description()}. */
  String description();

  /** Weights of y = W x + b in the layout of an engine. */
  interface Packed extends Constants.Linear {
    /**
     * {@link Operations#linear(Constants.Linear, Tensor, Tensor, int)} with these weights.
     *
     * @param stride values from the start of one row of x to the start of the next
     */
    void apply(FloatTensor x, int stride, FloatTensor y, int rows);
  }

  /** lambda, real and imaginary parts {@code [width]}. */
  record Lambda(float[] re, float[] im) implements Constants.Diagonal {
    @Override
    public int width() {
      return re.length;
    }
  }

  /**
   * Copies weights into the layout of this engine.
   *
   * @param weight the weight of output o and input i is at {@code o * byOutput + i * byInput}
   * @param bias {@code [outputs]}, or null
   */
  Packed pack(float[] weight, int byOutput, int byInput, float[] bias, int outputs, int inputs);

  /** {@link Operations#activate} */
  default void activate(Activation f, FloatTensor x, FloatTensor y, int count) {
    if (f == Activation.NONE) {
      System.arraycopy(x.data(), x.base(), y.data(), y.base(), count);
    } else {
      activateEach(f, x, y, count);
    }
  }

  /** y = f(x) for an activation other than {@link Activation#NONE}. */
  void activateEach(Activation f, FloatTensor x, FloatTensor y, int count);

  /** y = y + d (.) x for each row: {@link Operations#addScaled} without its activation. */
  void addScaled(FloatTensor d, FloatTensor x, FloatTensor y, int rows, int width);

  /**
   * y = y + x for the columns {@code column .. column + width - 1} of each row.
   *
   * @param x array that holds rows of {@code stride} values, the first at {@code xAt}
   * @param y array that holds rows of {@code stride} values, the first at {@code yAt}
   */
  void addColumns(
      float[] x, int xAt, float[] y, int yAt, int column, int width, int stride, int rows);

  /**
   * The moments of each column for {@link PositionMoments}: sum = sum_t (x_t - x_0) and squares =
   * sum_t (x_t - x_0 - sum / rows)^2.
   *
   * @param x array that holds {@code [rows, width]} at {@code xAt}, 1 row or more
   * @param sum {@code [width]}
   * @param squares {@code [width]}
   */
  void moments(float[] x, int xAt, int rows, int width, float[] sum, float[] squares);

  /** y = (x - mean) (.) scale + shift for each row; mean, scale and shift {@code [width]}. */
  void centreAndScale(
      float[] mean, float[] scale, float[] shift, FloatTensor x, FloatTensor y, int rows);

  /** {@link Operations#layerNorm} */
  void layerNorm(
      FloatTensor weight,
      FloatTensor bias,
      float epsilon,
      FloatTensor x,
      FloatTensor y,
      int rows,
      int width);

  /** {@link Operations#gluResidual} */
  void gluResidual(FloatTensor x, FloatTensor ab, FloatTensor y, int rows, int width);

  /** y = s (.) x + c over {@code width} values: one position of {@link Operations#residual}. */
  void scaleAndAdd(
      float[] s, int sAt, float[] x, int xAt, float[] c, int cAt, float[] y, int yAt, int width);

  /**
   * y = sum_i weight_i table_(entry_i): one row of {@link Operations#embeddingBag}. Each product
   * and each sum is rounded, in the order of the entries.
   *
   * @param table rows of {@code width} values
   * @param row of the bags
   * @param y array that receives the sum at {@code yAt}
   */
  void bag(FloatTensor table, Bags bags, int row, float[] y, int yAt, int width);

  /**
   * One step of {@link Operations#recurrence} for one group: u = lambda (.) h + u, complex.
   *
   * @param h array that holds the previous state at {@code hAt}, {@code [2, width]}
   * @param u array that holds the input at {@code uAt}, {@code [2, width]}, and receives the new
   *     state
   */
  void step(Lambda lambda, float[] h, int hAt, float[] u, int uAt);

  /**
   * One step of {@link Operations#foPooling}, with the activations of the gates already applied.
   *
   * @param zfoi array that holds the gates at {@code at}, {@code [gates, width]}
   * @param c array that holds the state at {@code cAt}, {@code [width]}, and receives the new one
   * @param y array that receives the output at {@code yAt}, {@code [width]}
   */
  void forget(
      FoGates gates, float[] zfoi, int at, float[] c, int cAt, float[] y, int yAt, int width);
}
