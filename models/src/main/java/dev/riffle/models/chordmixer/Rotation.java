package dev.riffle.models.chordmixer;

import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.PackedSequences;
import dev.riffle.kernels.Tensor;
import dev.riffle.models.InputException;

/**
 * The rotation of a block without its addition: features in tracks, where track i is rotated
 * towards the start of the sequence by 0, 1, 2, 4, ... steps, around its end.
 *
 * @param width features of a row
 * @param track features of a track
 */
public record Rotation(Kernels kernels, int width, int track) {
  /**
   * y_t = x_((t + o) mod n) for each sequence of n rows.
   *
   * @param x {@code [rows, width]}
   * @param y {@code [rows, width]}; not x
   */
  public void apply(Tensor x, PackedSequences sequences, Tensor y) {
    kernels.fill(y, 0, sequences.rows() * width, 0);
    kernels.rollAdd(x, sequences, y, sequences, width, track);
  }

  /**
   * The reference's circular-pad variant, which its model does not use: all sequences get as many
   * rows as the longest, a shorter one goes round. The reference rotates three copies of each
   * sequence, cut to three times the shortest length, and is right only where that reaches.
   *
   * @param x {@code [rows, width]}
   * @param y {@code [sequences, longest, width]}; not x
   * @throws InputException if the copies do not reach
   */
  public void applyCircularPad(Tensor x, PackedSequences sequences, Tensor y) {
    int shortest = Integer.MAX_VALUE;
    int longest = 0;
    for (int b = 0; b < sequences.count(); b++) {
      shortest = Math.min(shortest, sequences.length(b));
      longest = Math.max(longest, sequences.length(b));
    }
    int tracks = width / track;
    long offset = tracks < 2 ? 0 : 1L << (tracks - 2);
    if (sequences.count() > 0 && 3L * shortest < longest + offset) {
      throw new InputException(
          String.format(
              "The circular pad takes sequences of similar lengths: 3 x the shortest (%d) must reach"
                  + " the longest (%d) + the largest offset (%d). Rotate each by itself instead.",
              shortest, longest, offset));
    }
    PackedSequences padded = PackedSequences.equal(sequences.count(), longest);
    kernels.fill(y, 0, Math.multiplyExact(padded.rows(), width), 0);
    kernels.rollAdd(x, sequences, y, padded, width, track);
  }
}
