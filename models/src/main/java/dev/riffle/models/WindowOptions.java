package dev.riffle.models;

import java.io.Serializable;

/**
 * Length and stride of the windows of a sequence. Window k holds the steps from {@code k stride} to
 * {@code k stride + length - 1}.
 *
 * <p>If the stride is less than the length, windows overlap. If the stride is greater, the steps
 * between windows get no prediction. Without a stride there is one window: the whole sequence, or
 * its first {@code length} steps if it is longer.
 *
 * @param length steps of a window
 * @param stride steps from the first step of a window to the first step of the next, or {@link
 *     #NONE}
 */
public record WindowOptions(int length, int stride) implements Serializable {
  /** The stride that means one window per sequence. */
  public static final int NONE = 0;

  /**
   * @throws ModelException if the length is below 1 or the stride below 0
   */
  public WindowOptions {
    if (length < 1 || stride < NONE) {
      throw new ModelException(
          String.format(
              "A window needs a length of at least 1 step, and a stride of at least 1 or of 0 for one"
                  + " window per sequence, but they are %d and %d.",
              length, stride));
    }
  }

  /** Returns adjacent windows, without overlap. */
  public static WindowOptions of(int length) {
    return new WindowOptions(length, length);
  }

  /** Returns one window per sequence, of at most this many steps. */
  public static WindowOptions once(int longest) {
    return new WindowOptions(longest, NONE);
  }

  /** Returns the number of steps that a window shares with the next one. */
  public int overlap() {
    return stride == NONE ? 0 : Math.max(0, length - stride);
  }

  /** Returns the first step of a window; {@link Long#MAX_VALUE} if there is no such window. */
  public long begin(long window) {
    if (stride == NONE) {
      return window == 0 ? 0 : Long.MAX_VALUE;
    }
    return window * stride;
  }

  /** Returns the first window that is incomplete after this many steps. */
  public long next(long steps) {
    if (steps < length) {
      return 0;
    }
    return stride == NONE ? 1 : (steps - length) / stride + 1;
  }
}
