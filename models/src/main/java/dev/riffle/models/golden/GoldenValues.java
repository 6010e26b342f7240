package dev.riffle.models.golden;

import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.Tensor;

/** Cuts recorded sequences, {@code [batch, length, width]}, and reads computed values back. */
public final class GoldenValues {
  private GoldenValues() {}

  /** Reads the first {@code count} values of a tensor. */
  public static double[] read(Kernels kernels, Tensor tensor, int count) {
    double[] values = new double[count];
    kernels.read(tensor, 0, values, 0, count);
    return values;
  }

  /**
   * Returns the steps {@code from <= t < to} of every sequence, {@code [batch, to - from, width]}.
   *
   * @param all {@code [batch, length, width]}
   */
  public static double[] steps(double[] all, int batch, int width, int from, int to) {
    int length = length(all, batch, width);
    int count = (to - from) * width;
    double[] some = new double[batch * count];
    for (int b = 0; b < batch; b++) {
      System.arraycopy(all, (b * length + from) * width, some, b * count, count);
    }
    return some;
  }

  /**
   * Returns the last step of every prefix, {@code [batch, prefixes, width]}.
   *
   * @param all {@code [batch, length, width]}
   * @param prefixes lengths of the prefixes, each 1 or more
   */
  public static double[] lastSteps(double[] all, int batch, int width, int... prefixes) {
    int length = length(all, batch, width);
    double[] some = new double[batch * prefixes.length * width];
    for (int b = 0; b < batch; b++) {
      for (int i = 0; i < prefixes.length; i++) {
        int from = (b * length + prefixes[i] - 1) * width;
        System.arraycopy(all, from, some, (b * prefixes.length + i) * width, width);
      }
    }
    return some;
  }

  private static int length(double[] all, int batch, int width) {
    return batch == 0 ? 0 : all.length / (batch * width);
  }
}
