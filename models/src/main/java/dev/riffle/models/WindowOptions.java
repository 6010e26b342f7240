package dev.riffle.models;

import java.io.Serializable;

/**
 * How a sequence is cut into windows: window k holds the steps from {@code k stride} to {@code k
 * stride + length - 1}.
 *
 * <p>With a stride below the length windows overlap; with one above it the steps between windows
 * are read and not answered.
 *
 * @param length steps of a window
 * @param stride steps from the beginning of a window to that of the next
 */
public record WindowOptions(int length, int stride) implements Serializable {

  /**
   * @throws ModelException if one of them is below 1
   */
  public WindowOptions {
    if (length < 1 || stride < 1) {
      throw new ModelException(
          String.format(
              "A window needs a length and a stride of 1 step or more, but they are %d and %d.",
              length, stride));
    }
  }

  /** Windows side by side, without overlap. */
  public static WindowOptions of(int length) {
    return new WindowOptions(length, length);
  }

  /** Steps that a window shares with the next. */
  public int overlap() {
    return Math.max(0, length - stride);
  }

  /** The first window that is not complete once this many steps have come. */
  public long next(long steps) {
    return steps < length ? 0 : (steps - length) / stride + 1;
  }
}
