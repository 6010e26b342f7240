package dev.riffle.kernels.cpu;

import dev.riffle.kernels.Activation;
import dev.riffle.kernels.Kernels;

/**
 * The verbs where the time goes; {@link CpuKernels} has checked the arguments. An engine owns no
 * memory that changes: any number of threads may call it.
 */
public interface Engine {

  /** What does the work, for {@link Kernels#description()}. */
  String description();

  /**
   * Weights of y = W x + b in the layout of one engine.
   *
   * @param weight as {@link #pack} laid it out
   * @param bias {@code [outputs]}, padded as the weights are
   * @param outputs length of y
   * @param inputs length of x
   */
  record Packed(float[] weight, float[] bias, int outputs, int inputs) implements Kernels.Linear {}

  /** lambda, real and imaginary parts {@code [width]}. */
  record Lambda(float[] re, float[] im) implements Kernels.Diagonal {
    @Override
    public int width() {
      return re.length;
    }
  }

  /**
   * Lays weights out for {@link #linear}.
   *
   * @param weight {@code [outputs, inputs]}
   * @param bias {@code [outputs]}, or null
   */
  Packed pack(double[] weight, double[] bias, int outputs, int inputs);

  /**
   * {@link Kernels#linear(Kernels.Linear, dev.riffle.kernels.Tensor, dev.riffle.kernels.Tensor,
   * int)}
   */
  void linear(Packed w, FloatTensor x, FloatTensor y, int rows);

  /** {@link Kernels#activate} */
  void activate(Activation f, FloatTensor x, FloatTensor y, int count);

  /** y = y + d (.) x for each row: {@link Kernels#skip} before its activation. */
  void addScaled(FloatTensor d, FloatTensor x, FloatTensor y, int rows, int width);

  /** {@link Kernels#normalize} */
  void normalize(
      FloatTensor weight,
      FloatTensor bias,
      float epsilon,
      FloatTensor x,
      FloatTensor y,
      int rows,
      int width);

  /** {@link Kernels#gatedMix} */
  void gatedMix(FloatTensor x, FloatTensor ab, FloatTensor y, int rows, int width);

  /**
   * One step of {@link Kernels#recurrence} for one group: u = lambda (.) h + u, complex.
   *
   * @param h array that holds the previous state at {@code hAt}, {@code [2, width]}
   * @param u array that holds the input at {@code uAt}, {@code [2, width]}, and takes the new state
   */
  void step(Lambda lambda, float[] h, int hAt, float[] u, int uAt);
}
