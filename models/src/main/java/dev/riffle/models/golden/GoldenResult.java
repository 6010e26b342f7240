package dev.riffle.models.golden;

/**
 * The result of checking a backend against a golden file.
 *
 * @param maxError deviation of the worst value: the one closest to its limit, or farthest beyond
 * @param tolerance limit of that value
 * @param ok true if every value is within its limit
 * @param stage location of that value, such as {@code output} or {@code state.0.re}
 */
public record GoldenResult(
    String file,
    String family,
    String backend,
    double maxError,
    double tolerance,
    boolean ok,
    String stage) {

  /** Returns the deviation as a share of its limit: 0 for equal values, 1 at the limit. */
  public double share() {
    return maxError == 0 ? 0 : maxError / tolerance;
  }
}
