package dev.riffle.models;

import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.Tensor;

/**
 * A network that reads one step after the other, with weights on one backend. Immutable and shared
 * by all threads; state and work memory are the caller's.
 */
public interface RecurrentModel {

  /** The backend of its weights. */
  Kernels kernels();

  /** Values of a step. */
  int inputs();

  /** Shape of one answer. */
  int[] outputShape();

  /** Values of one answer. */
  default int outputs() {
    int size = 1;
    for (int dimension : outputShape()) {
      size *= dimension;
    }
    return size;
  }

  /** Numbers that each part of one sequence's state has, such as a layer's hidden state. */
  int[] stateSizes();

  /**
   * Advances each sequence by its steps. A row's result depends on its sequence alone: any chunking
   * and any batch give the same bits, on one backend and CPU type.
   *
   * @param state as many sequences as the block has, or more; updated
   * @param predictAt where the head is computed
   * @param y {@code [rows or sequences, outputs]}, see {@link PredictAt}; unused with {@link
   *     PredictAt#NO_STEP}
   */
  void advance(Block block, RecurrentState state, PredictAt predictAt, Tensor y, Scratch work);
}
