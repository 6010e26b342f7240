package dev.riffle.kernels;

/**
 * The perfect shuffles of 2^n positions: y_i = x_(rotated i), where the n bits of i are rotated by
 * one place. {@link #LEFT} undoes {@link #RIGHT}.
 */
public enum Shuffle {
  /** y_i = x_i */
  NONE,
  /** y_i = x_j, j being i with its bits rotated to the left */
  LEFT,
  /** y_i = x_j, j being i with its bits rotated to the right */
  RIGHT;

  /**
   * Where position j of x goes to in y.
   *
   * @param length number of positions: a power of two unless nothing is shuffled
   */
  public int destination(int j, int length) {
    return switch (this) {
      case NONE -> j;
      case LEFT -> (j >>> 1) + ((j & 1) == 0 ? 0 : length >>> 1);
      case RIGHT -> 2 * j < length ? 2 * j : 2 * j - length + 1;
    };
  }
}
