package dev.riffle.models;

import java.util.ArrayList;
import java.util.List;

/**
 * One sequence's part of a batch. The runner replaces {@link #state} and appends to {@link
 * #outputs}; it never keeps a reference to either.
 */
public final class Row<O> {
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
  public final List<Output<O>> outputs = new ArrayList<>();

  public Row(Format format, byte[] state, float[] values, int offset, int steps) {
    this.format = format;
    this.state = state;
    this.values = values;
    this.offset = offset;
    this.steps = steps;
  }
}
