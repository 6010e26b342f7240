package dev.riffle.models;

import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.Precision;
import dev.riffle.kernels.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

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
  private ByteBuffer staging = ByteBuffer.allocate(0); // a part of several sequences, packed

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

  /**
   * Appends the bytes of the first sequences, one to each little-endian buffer at its position: bit
   * for bit what {@link #store(int, ByteBuffer)} writes, but a part of all of them crosses from the
   * backend in one piece, which is what a device asks for.
   */
  public void store(List<ByteBuffer> to) {
    for (int b = 0; b < to.size(); b++) {
      to.get(b).putLong(counts[b]);
    }
    for (int i = 0; i < parts.length; i++) {
      ByteBuffer all = staging(to.size(), sizes[i]);
      kernels.store(parts[i], 0, to.size() * sizes[i], all);
      all.flip();
      for (ByteBuffer one : to) {
        one.put(all.slice(all.position(), bytes(i)));
        all.position(all.position() + bytes(i));
      }
    }
  }

  /**
   * Reads into the first sequences what {@link #store} wrote, one from each little-endian buffer at
   * its position; each part crosses to the backend in one piece.
   */
  public void load(List<ByteBuffer> from) {
    for (int b = 0; b < from.size(); b++) {
      counts[b] = from.get(b).getLong();
    }
    for (int i = 0; i < parts.length; i++) {
      ByteBuffer all = staging(from.size(), sizes[i]);
      for (ByteBuffer one : from) {
        all.put(one.slice(one.position(), bytes(i)));
        one.position(one.position() + bytes(i));
      }
      kernels.load(all.flip(), parts[i], 0, from.size() * sizes[i]);
    }
  }

  /** Bytes of a part of one sequence. */
  private int bytes(int part) {
    return sizes[part] * kernels.precision().bytes();
  }

  private ByteBuffer staging(int sequences, int size) {
    int bytes = Math.multiplyExact(sequences, size * kernels.precision().bytes());
    if (staging.capacity() < bytes) {
      staging = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
    return staging.clear().limit(bytes);
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
