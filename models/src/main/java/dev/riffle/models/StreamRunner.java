package dev.riffle.models;

import java.util.List;

/**
 * Computes batches for one thread. The arithmetic of a row depends on its own state and values
 * alone: the same steps in any chunking, in a batch of any size and at any place in it give the
 * same outputs and, after the last step, the same state bytes.
 *
 * <p>State is opaque to the caller: a version byte, then little-endian fields of a size that does
 * not grow with the length of the sequence.
 */
public interface StreamRunner<O> {

  /** State of a sequence before its first step. */
  byte[] open(Format format);

  /**
   * Consumes the steps of each row.
   *
   * @throws StateException if a state was written by another version or for another model
   */
  void advance(List<BatchItem<O>> rows);

  /** Ends each row's sequence after consuming its steps: all that is still open is told. */
  void finish(List<BatchItem<O>> rows);

  /**
   * Computes zeros and forgets them, so that what a first batch has to load, compile and allocate
   * is there. Tells also whether the model computes at all.
   *
   * @param slots size of the batch, as {@link StreamModel#slots} counts, 1 or more; a model for
   *     which size changes nothing may take one
   */
  default void warmUp(int slots) {}

  /** How long the last call waited for a device that others use too, in nanoseconds. */
  default long waitedNanos() {
    return 0;
  }
}
