package dev.riffle.kernels;

import java.util.Arrays;

/**
 * Where the sequences of a batch lie in packed rows: sequence {@code b} has the rows {@code
 * offsets[b] .. offsets[b + 1] - 1}, in time order. A sequence may have no rows.
 *
 * @param offsets {@code [count + 1]} first row of each sequence, then the number of rows; copied at
 *     construction and not to be changed afterwards
 * @param count number of sequences
 */
public record PackedSequences(int[] offsets, int count) {

  /**
   * Checks and copies the offsets; an array may have more entries than {@code count + 1}.
   *
   * @throws IllegalArgumentException if there are too few offsets, the first is not 0, or one is
   *     less than the one ahead of it
   */
  public PackedSequences {
    Arguments.count("count", count);
    if (offsets.length < count + 1L) {
      throw new IllegalArgumentException(
          String.format(
              "Expected %d offsets for %d sequences (the first row of each, then the number of"
                  + " rows), found %d.",
              count + 1L, count, offsets.length));
    }
    if (offsets[0] != 0) {
      throw new IllegalArgumentException("Expected the first offset to be 0, found " + offsets[0]);
    }
    for (int b = 0; b < count; b++) {
      if (offsets[b + 1] < offsets[b]) {
        throw new IllegalArgumentException(
            String.format(
                "Expected offsets that do not decrease, but sequence %d begins at row %d and ends"
                    + " at row %d.",
                b, offsets[b], offsets[b + 1]));
      }
    }
    offsets = Arrays.copyOf(offsets, count + 1);
  }

  /** Returns the sequences between all of these offsets. */
  public static PackedSequences of(int... offsets) {
    return new PackedSequences(offsets, offsets.length - 1);
  }

  /** Returns {@code count} sequences of {@code length} rows each. */
  public static PackedSequences equal(int count, int length) {
    int[] offsets = new int[count + 1];
    for (int b = 0; b < count; b++) {
      offsets[b + 1] = Math.addExact(offsets[b], length);
    }
    return new PackedSequences(offsets, count);
  }

  /** Returns the first {@code count} of these sequences. */
  public PackedSequences first(int count) {
    return count == this.count ? this : new PackedSequences(offsets, count);
  }

  /** Number of rows of all sequences. */
  public int rows() {
    return offsets[count];
  }

  /** First row of a sequence. */
  public int start(int sequence) {
    return offsets[sequence];
  }

  /** The row after the last row of a sequence. */
  public int end(int sequence) {
    return offsets[sequence + 1];
  }

  /** Number of rows of a sequence. */
  public int length(int sequence) {
    return offsets[sequence + 1] - offsets[sequence];
  }

  /** Whether each sequence has exactly one row. */
  public boolean oneRowEach() {
    for (int b = 0; b <= count; b++) {
      if (offsets[b] != b) {
        return false;
      }
    }
    return true;
  }
}
