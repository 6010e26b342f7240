package dev.riffle.kernels;

/** Which columns of a group {@link Operations#rotary} turns together, as pair j. */
public enum Pairs {
  /** Columns 2j and 2j + 1. */
  INTERLEAVED,
  /** Columns j and j + width / 2. */
  SPLIT_HALF;

  /** First column of pair {@code j}. */
  public int first(int j) {
    return this == INTERLEAVED ? 2 * j : j;
  }

  /** Second column of pair {@code j} of a group of this width. */
  public int second(int j, int width) {
    return this == INTERLEAVED ? 2 * j + 1 : j + width / 2;
  }
}
