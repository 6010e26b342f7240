package dev.riffle.kernels;

/**
 * The positions of sequences of one length, and how {@link Operations#residual} shuffles them.
 *
 * @param sequences number of sequences
 * @param length positions of each sequence; a power of two unless nothing is shuffled
 * @param shuffle where each position goes
 */
public record Positions(int sequences, int length, Shuffle shuffle) {

  /**
   * @throws IllegalArgumentException if a number is negative, there are more than 2^31 - 1
   *     positions, or a perfect shuffle of this length does not exist
   */
  public Positions {
    Arguments.count("sequences", sequences);
    Arguments.count("length", length);
    if (shuffle != Shuffle.NONE && Integer.bitCount(length) != 1) {
      throw new IllegalArgumentException(
          "A perfect shuffle needs a power of two of positions but has " + length + ".");
    }
    if ((long) sequences * length > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          sequences + " x " + length + " positions are more than " + Integer.MAX_VALUE + ".");
    }
  }

  /** Number of positions of all sequences. */
  public int rows() {
    return sequences * length;
  }

  /** Pairs of neighboring positions (2j, 2j + 1) of each sequence. */
  public int pairs() {
    return length / 2;
  }
}
