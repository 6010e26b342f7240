package dev.riffle.models;

import java.io.Serializable;

/**
 * How a sequence is cut into windows: window k holds the steps from {@code k stride} to {@code k
 * stride + length - 1}.
 *
 * <p>With a stride below the length windows overlap; with one above it the steps between windows
 * are read and not answered. Without a stride there is one window, the whole sequence, or its first
 * {@code length} steps if it has more.
 *
 * @param length steps of a window
 * @param stride steps from the beginning of a window to that of the next, or {@link #NONE}
 */
public record WindowOptions(int length, int stride) implements Serializable {
  /** The stride of one window per sequence. */
  public static final int NONE = 0;

  /**
   * @throws ModelException if the length is below 1 or the stride below 0
   */
  public WindowOptions {
    if (length < 1 || stride < NONE) {
      throw new ModelException(
          String.format(
              "A window needs a length of 1 step or more and a stride of 1 or more, or of 0 for one"
                  + " window per sequence, but they are %d and %d.",
              length, stride));
    }
  }

  /** Windows side by side, without overlap. */
  public static WindowOptions of(int length) {
    return new WindowOptions(length, length);
  }

  /** One window per sequence: it ends with the sequence, or when it has this many steps. */
  public static WindowOptions once(int longest) {
    return new WindowOptions(longest, NONE);
  }

  /** Steps that a window shares with the next. */
  public int overlap() {
    return stride == NONE ? 0 : Math.max(0, length - stride);
  }

  /** The first step of a window; one that no sequence has where there is no such window. */
  public long begin(long window) {
    if (stride == NONE) {
      return window == 0 ? 0 : Long.MAX_VALUE;
    }
    return window * stride;
  }

  /** The first window that is not complete once this many steps have come. */
  public long next(long steps) {
    if (steps < length) {
      return 0;
    }
    return stride == NONE ? 1 : (steps - length) / stride + 1;
  }
}
