package dev.riffle.models;

import java.util.Arrays;

/**
 * An answer in numbers, such as the log-probabilities of classes.
 *
 * @param values row-major
 * @param shape their shape
 */
public record Scores(float[] values, int[] shape) {

  @Override
  public boolean equals(Object other) {
    return other instanceof Scores that
        && Arrays.equals(values, that.values)
        && Arrays.equals(shape, that.shape);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(values) + Arrays.hashCode(shape);
  }

  @Override
  public String toString() {
    return "Scores" + Arrays.toString(shape) + Arrays.toString(values);
  }
}
