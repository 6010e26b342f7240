package dev.riffle.models;

import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.PackedSequences;
import dev.riffle.kernels.Tensor;

/**
 * Steps of a batch of sequences, packed one sequence after the other.
 *
 * @param x {@code [rows, inputs]}
 * @param sequences where the sequences are
 */
public record Block(Tensor x, PackedSequences sequences) {
  /** Number of sequences. */
  public int count() {
    return sequences.count();
  }

  /** Rows of all sequences. */
  public int rows() {
    return sequences.rows();
  }

  /** Rows of one sequence. */
  public int steps(int sequence) {
    return sequences.length(sequence);
  }

  /**
   * Takes the last row of each sequence, zeros for one without rows.
   *
   * @param from {@code [rows, width]}
   * @param to {@code [sequences, width]}; not from
   */
  public void lastRows(Kernels kernels, Tensor from, Tensor to, int width) {
    for (int b = 0; b < count(); b++) {
      if (steps(b) > 0) {
        kernels.copy(from, (sequences.end(b) - 1) * width, to, b * width, width);
      } else {
        kernels.fill(to, b * width, width, 0);
      }
    }
  }
}
