package dev.riffle.models.routing;

import dev.riffle.kernels.PackedSequences;
import dev.riffle.models.InputException;
import java.util.Arrays;
import java.util.Optional;

/**
 * The layout of a batch: packed sequences, each padded to a multiple of the local window.
 *
 * @param packed where the sequences are, padding included
 * @param positions {@code [rows]} place of each row in its sequence
 * @param seen {@code [rows]} false for padding and what the mask leaves out
 */
record PaddedSequences(PackedSequences packed, int[] positions, boolean[] seen) {
  /** Time of a key that no row may see. */
  static final int NEVER = Integer.MAX_VALUE;

  /** Time of a key that every row may see. */
  static final int ALWAYS = Integer.MIN_VALUE;

  /** Time of a row that sees what is there always, and nothing else. */
  private static final int BLIND = ALWAYS + 1;

  /**
   * Lays sequences out.
   *
   * @param given where the sequences are without padding
   * @param mask for each row given, true where it counts; without a mask, all count
   * @param longest rows that a sequence may have
   * @throws InputException if a sequence is empty or too long, or the mask does not fit
   */
  static PaddedSequences of(
      PackedSequences given, Optional<boolean[]> mask, int multiple, int longest) {
    int sequences = given.count();
    int total = given.rows();
    if (mask.isPresent() && mask.get().length != total) {
      throw new InputException(
          String.format(
              "The mask must have one value for each of %d rows but has %d.",
              total, mask.get().length));
    }
    int[] starts = new int[sequences + 1];
    for (int b = 0; b < sequences; b++) {
      int length = given.length(b);
      if (length < 1) {
        throw new InputException(
            String.format(
                "Sequence %d of the batch is empty; give a window of 1 to %d rows, or leave it out.",
                b, longest));
      }
      int filled = (length + multiple - 1) / multiple * multiple;
      if (length > longest) {
        throw new InputException(
            String.format(
                "Sequence %d of the batch has %d rows, but max_seq_len allows %d; cut it into windows.",
                b, length, longest));
      }
      starts[b + 1] = starts[b] + filled;
    }
    PackedSequences packed = new PackedSequences(starts, sequences);
    int[] positions = new int[packed.rows()];
    boolean[] seen = new boolean[packed.rows()];
    for (int b = 0; b < sequences; b++) {
      int length = given.length(b);
      for (int t = 0; t < packed.length(b); t++) {
        positions[packed.start(b) + t] = t;
        seen[packed.start(b) + t] =
            t < length && (mask.isEmpty() || mask.get()[given.start(b) + t]);
      }
    }
    return new PaddedSequences(packed, positions, seen);
  }

  /** How many sequences. */
  int count() {
    return packed.count();
  }

  /** Rows of all, padding included. */
  int rows() {
    return packed.rows();
  }

  /** Rows of one, padding included. */
  int length(int sequence) {
    return packed.length(sequence);
  }

  /** Times of rows that ask; a row that does not count sees nothing if {@code blind}. */
  int[] queryTimes(boolean causal, boolean blind) {
    int[] times = new int[rows()];
    for (int r = 0; r < times.length; r++) {
      times[r] = blind && !seen[r] ? BLIND : causal ? positions[r] : 0;
    }
    return times;
  }

  /** Times of rows that are seen, then {@code more} rows of the time {@code then}. */
  int[] keyTimes(boolean causal, int more, int then) {
    int[] times = new int[rows() + more];
    for (int r = 0; r < rows(); r++) {
      times[r] = !seen[r] ? NEVER : causal ? positions[r] : 0;
    }
    Arrays.fill(times, rows(), times.length, then);
    return times;
  }
}
