package dev.riffle.models.golden;

import dev.riffle.kernels.Kernels;
import java.util.Collections;
import java.util.Set;
import java.util.TreeSet;

/** Collects what a check compares; remembers the value nearest to its limit, or farthest beyond. */
public final class GoldenReport {
  private double worst = -1; // deviation over limit
  private double error;
  private double limit;
  private String stage = "nothing";
  private final Set<String> compared = new TreeSet<>();

  /** {@link #compareRecorded} with a tensor's values in the order in which they were recorded. */
  public void compareRecorded(GoldenCase golden, Kernels kernels, String name, double[] found) {
    compareRecorded(golden, kernels, name, golden.tensors().doubles(name), found);
  }

  /**
   * Holds values against those of a tensor by the case's rule. What is called {@code ..._f64} was
   * recorded in 64 bits, and a backend of 64 bits has to come within {@link GoldenCase#EXACT}; for
   * what was recorded in 32 bits the case's tolerance holds on any backend.
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
   * Holds values against the recorded ones: |found - expected| at most absolute + relative
   * |expected|, element by element. Another number of values, or NaN where a number is expected, is
   * beyond any limit.
   *
   * @param name what is compared, such as {@code state.0.re}
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

  /** Names of all that was compared. */
  public Set<String> compared() {
    return Collections.unmodifiableSet(compared);
  }

  /** What came of it; a check that compared nothing has failed. */
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
