package dev.riffle.models.routing;

import java.util.Arrays;

/** Top-k selection. */
final class TopK {
  private TopK() {}

  /**
   * Returns the indices, ascending, of the {@code count} highest of {@code n} values. Of equal
   * values at the border the first ones are taken.
   *
   * @param values the first at {@code first}, the next {@code stride} on
   */
  static int[] indices(double[] values, int first, int stride, int n, int count) {
    double[] sorted = new double[n];
    for (int i = 0; i < n; i++) {
      sorted[i] = values[first + i * stride];
    }
    Arrays.sort(sorted);
    double border = sorted[n - count];
    int above = 0;
    for (int i = n - count; i < n; i++) {
      above += sorted[i] > border ? 1 : 0;
    }
    int equal = count - above;
    int[] indices = new int[count];
    int found = 0;
    for (int i = 0; i < n && found < count; i++) {
      double value = values[first + i * stride];
      if (value > border || (value == border && equal-- > 0)) {
        indices[found++] = i;
      }
    }
    return indices;
  }
}
