package dev.riffle.models;

import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.Tensor;

/**
 * A network that reads whole windows, with its weights on one backend. A model is immutable and
 * shared by all threads. The caller owns the work memory.
 */
public interface WindowModel {
  /** Returns the backend that holds the weights. */
  Kernels kernels();

  /** Returns the number of values of a step; 1 if a step is a token. */
  int inputs();

  /** Returns the size of the vocabulary; 0 if a step is a vector of values. */
  default int tokens() {
    return 0;
  }

  /** Returns true if the model predicts each step of a window, false for one value per window. */
  default boolean predictsEachStep() {
    return true;
  }

  /** Returns the number of values of one prediction. */
  int outputs();

  /** Returns the shape of one prediction. */
  default int[] outputShape() {
    return new int[] {outputs()};
  }

  /**
   * Checks that the model accepts windows of this length. {@link #forward} also accepts shorter
   * windows, which occur at the end of a sequence; it pads them as the reference does.
   *
   * @throws InputException if it does not; the message names the accepted lengths
   */
  default void check(int length) {
    if (length < 1) {
      throw new InputException("A window must have 1 step or more but has " + length + ".");
    }
  }

  /**
   * Returns the bin of a window. All windows of one {@link #forward} must have the same bin, such
   * as the length that they are padded to. A model that batches any lengths returns 0.
   *
   * @param length from 1 to a length that {@link #check} accepts
   */
  default int bin(int length) {
    return 0;
  }

  /** Returns the size of the largest tensor that a window of this length needs. */
  long values(int length);

  /**
   * Computes the predictions of windows. A prediction depends only on its window: any batch gives
   * the same bits on the same backend and CPU type.
   *
   * @param batch one or more windows of one {@link #bin}, each of one or more steps; the caller has
   *     checked the tokens
   * @param y {@code [rows or windows, outputs]} as {@link #predictsEachStep} says
   * @throws InputException if the model does not accept the length of a window, or bins differ
   */
  void forward(WindowBatch batch, Tensor y, Scratch work);
}
