package dev.riffle.models.golden;

import dev.riffle.kernels.Kernels;
import java.util.Collections;
import java.util.Set;
import java.util.TreeSet;

/** The result of comparing computed values with recorded ones. It keeps the worst deviation. */
public final class GoldenReport {
  private double worst = -1; // deviation over limit
  private double error;
  private double limit;
  private String stage = "nothing";
  private final Set<String> compared = new TreeSet<>();

  /** Compares values with those of a recorded tensor, by the tolerance of the case. */
  public void compareRecorded(GoldenCase golden, Kernels kernels, String name, double[] found) {
    compareRecorded(golden, kernels, name, golden.tensors().doubles(name), found);
  }

  /**
   * Compares values with expected ones, by the tolerance of the case. A tensor named {@code
   * ..._f64} was recorded in 64 bits, so a 64-bit backend must be within {@link GoldenCase#EXACT}.
   * For values recorded in 32 bits the tolerance of the case applies to any backend.
   */
  public void compareRecorded(
      GoldenCase golden, Kernels kernels, String name, double[] expected, double[] found) {
    double atol = golden.tolerance("atol");
    double rtol = golden.tolerance("rtol");
    if (name.endsWith("_f64")) {
      atol = GoldenCase.limit(kernels, atol);
      rtol = GoldenCase.limit(kernels, rtol);
    }
    compare(name, expected, found, atol, rtol);
  }

  /**
   * Compares values element by element: |found - expected| must be at most absolute + relative
   * |expected|. A different number of values, or NaN for a number, exceeds any limit.
   *
   * @param name name of the values, such as {@code state.0.re}
   */
  public void compare(
      String name, double[] expected, double[] found, double absolute, double relative) {
    compared.add(name);
    if (expected.length != found.length) {
      record(
          name + " (" + found.length + " values, expected " + expected.length + ")",
          Double.POSITIVE_INFINITY,
          absolute);
      return;
    }
    for (int i = 0; i < expected.length; i++) {
      double deviation = expected[i] == found[i] ? 0 : Math.abs(found[i] - expected[i]);
      record(
          name,
          Double.isNaN(deviation) ? Double.POSITIVE_INFINITY : deviation,
          absolute + relative * Math.abs(expected[i]));
    }
  }

  private void record(String name, double deviation, double allowed) {
    double ratio = deviation == 0 ? 0 : deviation / allowed;
    if (ratio > worst) {
      worst = ratio;
      error = deviation;
      limit = allowed;
      stage = name;
    }
  }

  /** Returns the names of all compared values. */
  public Set<String> compared() {
    return Collections.unmodifiableSet(compared);
  }

  /** Returns the result. A check that compared nothing has failed. */
  public GoldenResult result(GoldenCase golden, Kernels kernels) {
    return new GoldenResult(
        golden.file().getFileName().toString(),
        golden.family(),
        kernels.name(),
        error,
        limit,
        worst >= 0 && worst <= 1,
        stage);
  }
}
