package dev.riffle.models;

import dev.riffle.kernels.Tensor;

/**
 * Steps of a batch of sequences, packed one sequence behind the other.
 *
 * @param x {@code [rows, inputs]}
 * @param starts {@code [sequences + 1]} first row of each sequence, then the number of rows; a
 *     sequence may have 0 rows
 * @param sequences how many
 */
public record Block(Tensor x, int[] starts, int sequences) {

  /** Rows of all sequences. */
  public int rows() {
    return starts[sequences];
  }

  /** Rows of one sequence. */
  public int steps(int sequence) {
    return starts[sequence + 1] - starts[sequence];
  }
}
