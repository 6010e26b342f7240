package dev.riffle.models.routing;

import java.util.Arrays;

/** The places of the highest values. */
final class Top {
  private Top() {}

  /**
   * Places, ascending, of the {@code count} highest of {@code n} values; of equal ones at the
   * border the earlier are taken.
   *
   * @param values the first at {@code first}, the next {@code stride} on
   */
  static int[] of(double[] values, int first, int stride, int n, int count) {
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
    int[] places = new int[count];
    int found = 0;
    for (int i = 0; i < n && found < count; i++) {
      double value = values[first + i * stride];
      if (value > border || (value == border && equal-- > 0)) {
        places[found++] = i;
      }
    }
    return places;
  }
}
