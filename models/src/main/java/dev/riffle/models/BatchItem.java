package dev.riffle.models;

import java.util.ArrayList;
import java.util.List;

/**
 * One sequence's part of a batch. The runner replaces {@link #state} and appends to {@link
 * #predictions}; it never keeps a reference to either.
 */
public final class BatchItem<O> {
  /** What the steps are. */
  public final Format format;

  /** State before, then after: as {@link StreamRunner#open} made it and the runner left it. */
  public byte[] state;

  /** Values of the steps, {@code [steps, format.width]}, beginning at {@link #offset}. */
  public final float[] values;

  /** Index in {@link #values} of the first value. */
  public final int offset;

  /** Number of steps, 0 or more. */
  public final int steps;

  /** Answers in the order of their positions. */
  public final List<Prediction<O>> predictions = new ArrayList<>();

  /**
   * @throws IllegalArgumentException if there are fewer values than the steps take
   */
  public BatchItem(Format format, byte[] state, float[] values, int offset, int steps) {
    if (offset < 0 || steps < 0 || offset + (long) steps * format.width() > values.length) {
      throw new IllegalArgumentException(
          String.format(
              "%d steps of %d values from index %d on need %d values, but there are %d; do steps and"
                  + " width belong to these values?",
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
   * Checks the values: one that is not a number would stay in the state for ever.
   *
   * @param before steps that the sequence has consumed, for the message
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
