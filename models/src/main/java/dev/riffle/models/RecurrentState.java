package dev.riffle.models;

import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.Precision;
import dev.riffle.kernels.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The state of a batch of sequences: for each sequence the number of consumed steps, and the parts
 * that the model declares. All parts of a new sequence are zero. The class is not thread-safe.
 *
 * <p>The bytes of one sequence, little-endian:
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
  private ByteBuffer staging = ByteBuffer.allocate(0); // one part of several sequences, packed

  /** Creates the state of new sequences. */
  public RecurrentState(RecurrentModel model, int sequences) {
    this(model, sequences, new Scratch(model.kernels()));
  }

  /** Creates the state of new sequences in work memory, which the next such state reuses. */
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

  /** Returns the size of the state of one sequence. */
  public static int bytes(int[] sizes, Precision precision) {
    return Long.BYTES + IntStream.of(sizes).sum() * precision.bytes();
  }

  /** Returns the capacity in sequences. */
  public int sequences() {
    return counts.length;
  }

  /** Returns a part of all sequences, {@code [sequences, size]}. */
  public Tensor part(int index) {
    return parts[index];
  }

  /** Returns the number of steps that each sequence has consumed, {@code [sequences]}. */
  public long[] counts() {
    return counts;
  }

  /** Adds the steps of a block to the counts. */
  public void count(Block block) {
    for (int b = 0; b < block.count(); b++) {
      counts[b] += block.steps(b);
    }
  }

  /** Resets a sequence to the state before its first step. */
  public void clear(int sequence) {
    counts[sequence] = 0;
    for (int i = 0; i < parts.length; i++) {
      kernels.fill(parts[i], sequence * sizes[i], sizes[i], 0);
    }
  }

  /**
   * Appends the state of the first sequences, one to each little-endian buffer. Each part of all
   * sequences is one transfer from the backend, which a device needs.
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
   * Reads the state of the first sequences, one from each little-endian buffer. Each part of all
   * sequences is one transfer to the backend.
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

  /** Returns the size of a part of one sequence. */
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
}
