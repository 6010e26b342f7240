package dev.riffle.models;

import java.util.ArrayList;
import java.util.List;

/**
 * The steps of one sequence in a batch. A runner replaces {@link #state} and appends to {@link
 * #predictions}. It keeps no reference to either.
 */
public final class BatchItem<O> {
  /** The format of the steps. */
  public final Format format;

  /** The state of the sequence. The runner replaces it with the state after the steps. */
  public byte[] state;

  /** Values of the steps, {@code [steps, format.width]}, starting at {@link #offset}. */
  public final float[] values;

  /** Index of the first value in {@link #values}. */
  public final int offset;

  /** Number of steps, 0 or more. */
  public final int steps;

  /** Predictions in the order of their positions. */
  public final List<Prediction<O>> predictions = new ArrayList<>();

  /**
   * @throws IllegalArgumentException if there are too few values for the steps
   */
  public BatchItem(Format format, byte[] state, float[] values, int offset, int steps) {
    if (offset < 0 || steps < 0 || offset + (long) steps * format.width() > values.length) {
      throw new IllegalArgumentException(
          String.format(
              "Expected %4$d values for %1$d steps of %2$d values from index %3$d on, found %5$d."
                  + " Check the number of steps and the width of the format.",
              steps,
              format.width(),
              offset,
              offset + (long) steps * format.width(),
              values.length));
    }
    this.format = format;
    this.state = state;
    this.values = values;
    this.offset = offset;
    this.steps = steps;
  }

  /**
   * Checks that all values are finite. A NaN would stay in the state for the rest of the sequence.
   *
   * @param before number of steps that the sequence has consumed, for the message
   * @throws InputException if a value is not finite
   */
  public void checkFinite(long before) {
    for (int i = 0; i < steps * format.width(); i++) {
      float value = values[offset + i];
      if (!Float.isFinite(value)) {
        throw new InputException(
            String.format(
                "Step %d of the sequence must be finite, but value %d is %s.",
                before + i / format.width(), i % format.width(), value));
      }
    }
  }
}
