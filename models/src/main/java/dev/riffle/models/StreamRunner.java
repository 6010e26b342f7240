package dev.riffle.models;

import java.util.List;

/**
 * Computes batches for one thread. The result of an item depends only on its own state and values.
 * The same steps give the same predictions and the same final state, however they are split into
 * calls and whatever else is in the batch.
 *
 * <p>The state is opaque to the caller: a version byte, then little-endian fields. Its size does
 * not grow with the length of the sequence.
 */
public interface StreamRunner<O> {
  /** Returns the state of a sequence before its first step. */
  byte[] open(Format format);

  /**
   * Consumes the steps of each item.
   *
   * @throws StateException if another version or another model wrote a state
   */
  void advance(List<BatchItem<O>> items);

  /** Consumes the steps of each item, ends its sequence and emits all pending predictions. */
  void finish(List<BatchItem<O>> items);

  /**
   * Computes a batch of zeros and discards the result. The backend loads, compiles and allocates
   * what the first real batch needs, and a model that cannot compute fails here.
   *
   * @param slots size of the batch in slots ({@link StreamModel#slots}), 1 or more; a model may use
   *     fewer if the size makes no difference
   */
  default void warmUp(int slots) {}

  /** Returns how long the last call waited for a shared device, in nanoseconds. */
  default long waitedNanos() {
    return 0;
  }
}
