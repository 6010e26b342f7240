package dev.riffle.models.golden;

/**
 * How a backend stood against a golden file.
 *
 * @param maxError deviation of the value nearest to its limit, or farthest beyond
 * @param tolerance the limit of that value
 * @param ok true if every value kept its limit
 * @param stage where that value is, such as {@code output} or {@code state.0.re}
 */
public record GoldenResult(
    String file,
    String family,
    String backend,
    double maxError,
    double tolerance,
    boolean ok,
    String stage) {

  /** The part of its limit that the deviation takes up: 1 at the limit, 0 for equal values. */
  public double share() {
    return maxError == 0 ? 0 : maxError / tolerance;
  }
}
