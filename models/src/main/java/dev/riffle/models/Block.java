package dev.riffle.models;

import dev.riffle.kernels.Kernels;
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

  /**
   * Takes the last row of each sequence, zeros for one without rows.
   *
   * @param from {@code [rows, width]}
   * @param to {@code [sequences, width]}; not from
   */
  public void lastRows(Kernels kernels, Tensor from, Tensor to, int width) {
    for (int b = 0; b < sequences; b++) {
      if (steps(b) > 0) {
        kernels.copy(from, (starts[b + 1] - 1) * width, to, b * width, width);
      } else {
        kernels.fill(to, b * width, width, 0);
      }
    }
  }
}
