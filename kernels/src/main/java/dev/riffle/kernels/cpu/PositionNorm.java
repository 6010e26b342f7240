package dev.riffle.kernels.cpu;

import dev.riffle.kernels.Activation;
import dev.riffle.kernels.Kernels;
import java.util.Arrays;

/**
 * {@link Kernels#normalizePositions} of one sequence.
 *
 * <p>What is summed is the distance to the sequence's first row, so that a channel that never
 * changes has no variance at all; {@value #BLOCK} rows are summed in float, their sums in double,
 * so that millions of rows keep their digits.
 *
 * @param offset {@code [width]}
 */
record PositionNorm(FloatTensor offset, float epsilon, Activation f, Engine engine) {
  /** Rows that are summed in float, and that one activation takes. */
  private static final int BLOCK = 64;

  /** x and y {@code [rows, width]} of one sequence, 1 row or more. */
  void apply(FloatTensor x, FloatTensor y, int rows, int width) {
    float[] first = Arrays.copyOfRange(x.data(), x.base(), x.base() + width);
    float[] shift = Arrays.copyOfRange(offset.data(), offset.base(), offset.base() + width);
    float[] row = new float[width];
    float[] sum = new float[width];
    double[] total = new double[width];

    // mean = first + 1/n sum_t (x_t - first)
    for (int t = 0; t < rows; t++) {
      System.arraycopy(x.data(), x.base() + t * width, row, 0, width);
      addDifference(row, first, sum);
      flush(t, rows, sum, total);
    }
    float[] mean = new float[width];
    for (int j = 0; j < width; j++) {
      mean[j] = (float) (first[j] + total[j] / rows);
    }

    // 1/n sum_t z_t^2, z = 2 (x - mean) + offset
    Arrays.fill(total, 0);
    for (int t = 0; t < rows; t++) {
      System.arraycopy(x.data(), x.base() + t * width, row, 0, width);
      addSquare(row, mean, shift, sum);
      flush(t, rows, sum, total);
    }
    float[] scale = new float[width];
    for (int j = 0; j < width; j++) {
      scale[j] = (float) (1 / Math.sqrt(total[j] / rows + epsilon));
    }

    // y = f(z scale)
    for (int t = 0; t < rows; t++) {
      System.arraycopy(x.data(), x.base() + t * width, row, 0, width);
      scale(row, mean, shift, scale);
      System.arraycopy(row, 0, y.data(), y.base() + t * width, width);
      if (f != Activation.NONE && (t % BLOCK == BLOCK - 1 || t == rows - 1)) {
        int from = t - t % BLOCK;
        FloatTensor block = y.view(from * width, (t + 1 - from) * width);
        engine.activate(f, block, block, block.size());
      }
    }
  }

  private static void addDifference(float[] x, float[] first, float[] sum) {
    for (int j = 0; j < sum.length; j++) {
      sum[j] += x[j] - first[j];
    }
  }

  private static void addSquare(float[] x, float[] mean, float[] offset, float[] sum) {
    for (int j = 0; j < sum.length; j++) {
      float z = 2 * (x[j] - mean[j]) + offset[j];
      sum[j] += z * z;
    }
  }

  private static void scale(float[] x, float[] mean, float[] offset, float[] scale) {
    for (int j = 0; j < x.length; j++) {
      x[j] = (2 * (x[j] - mean[j]) + offset[j]) * scale[j];
    }
  }

  /** After the last row of a block its sums go into the total. */
  private static void flush(int t, int rows, float[] sum, double[] total) {
    if (t % BLOCK == BLOCK - 1 || t == rows - 1) {
      for (int j = 0; j < sum.length; j++) {
        total[j] += sum[j];
        sum[j] = 0;
      }
    }
  }
}
