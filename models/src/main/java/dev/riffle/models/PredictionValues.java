package dev.riffle.models;

import java.util.Arrays;

/**
 * The numbers of a prediction, such as the log-probabilities of classes.
 *
 * @param values row-major
 * @param shape shape of the values
 * @param first the first step of the session that the prediction is for, counted from 0
 * @param steps number of steps that the prediction is for
 */
public record PredictionValues(float[] values, int[] shape, long first, int steps) {
  @Override
  public boolean equals(Object other) {
    return other instanceof PredictionValues that
        && Arrays.equals(values, that.values)
        && Arrays.equals(shape, that.shape)
        && first == that.first
        && steps == that.steps;
  }

  @Override
  public int hashCode() {
    return 31 * (31 * Arrays.hashCode(values) + Arrays.hashCode(shape)) + Long.hashCode(first);
  }

  @Override
  public String toString() {
    return String.format(
        "PredictionValues%s%s of steps %d to %d",
        Arrays.toString(shape), Arrays.toString(values), first, first + steps - 1);
  }
}
