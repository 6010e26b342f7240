package dev.riffle.models;

import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.Precision;
import dev.riffle.kernels.Tensor;
import java.nio.ByteBuffer;

/**
 * What a batch of sequences remembers: for each the number of steps it has consumed, and the parts
 * that its model names. A sequence begins with zeros in all of them. Not safe for two threads.
 *
 * <p>As bytes, little-endian, one sequence is
 *
 * <pre>
 *   i64      steps consumed
 *   numbers  part 0, part 1, ...   in the backend's precision
 * </pre>
 */
public final class RecurrentState {
  private final Kernels kernels;
  private final int[] sizes;
  private final Tensor[] parts;
  private final long[] counts;

  /** State of new sequences. */
  public RecurrentState(RecurrentModel model, int sequences) {
    this(model, sequences, new Scratch(model.kernels()));
  }

  /** State of new sequences, in work memory that the next such state takes over. */
  public RecurrentState(RecurrentModel model, int sequences, Scratch work) {
    this.kernels = model.kernels();
    this.sizes = model.stateSizes();
    this.parts = new Tensor[sizes.length];
    this.counts = new long[sequences];
    for (int i = 0; i < parts.length; i++) {
      int size = sequences * sizes[i];
      parts[i] = work.tensor("state." + i, size);
      kernels.fill(parts[i], 0, size, 0);
    }
  }

  /** Bytes that the state of one sequence takes. */
  public static int bytes(int[] sizes, Precision precision) {
    int numbers = 0;
    for (int size : sizes) {
      numbers += size;
    }
    return Long.BYTES + numbers * precision.bytes();
  }

  /** How many sequences fit. */
  public int sequences() {
    return counts.length;
  }

  /** A part of all sequences, {@code [sequences, size]}. */
  public Tensor part(int index) {
    return parts[index];
  }

  /** Steps that each sequence has consumed, {@code [sequences]}. */
  public long[] counts() {
    return counts;
  }

  /** Counts a block's steps. */
  public void count(Block block) {
    for (int b = 0; b < block.sequences(); b++) {
      counts[b] += block.steps(b);
    }
  }

  /** Puts a sequence back before its first step. */
  public void clear(int sequence) {
    counts[sequence] = 0;
    for (int i = 0; i < parts.length; i++) {
      kernels.fill(parts[i], sequence * sizes[i], sizes[i], 0);
    }
  }

  /** Appends a sequence's bytes at the position of a little-endian buffer. */
  public void store(int sequence, ByteBuffer to) {
    to.putLong(counts[sequence]);
    for (int i = 0; i < parts.length; i++) {
      kernels.store(parts[i], sequence * sizes[i], sizes[i], to);
    }
  }

  /** Reads what {@link #store} wrote from the position of a little-endian buffer on. */
  public void load(ByteBuffer from, int sequence) {
    counts[sequence] = from.getLong();
    for (int i = 0; i < parts.length; i++) {
      kernels.load(from, parts[i], sequence * sizes[i], sizes[i]);
    }
  }
}
