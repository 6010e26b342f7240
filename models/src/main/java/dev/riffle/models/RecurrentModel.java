package dev.riffle.models;

import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.Tensor;

/**
 * A network that reads step by step, with its weights on one backend. A model is immutable and
 * shared by all threads. The caller owns state and work memory.
 */
public interface RecurrentModel {
  /** Returns the backend that holds the weights. */
  Kernels kernels();

  /** Returns the number of values of a step. */
  int inputs();

  /** Returns the shape of one prediction. */
  int[] outputShape();

  /** Returns the number of values of one prediction. */
  default int outputs() {
    int size = 1;
    for (int dimension : outputShape()) {
      size *= dimension;
    }
    return size;
  }

  /**
   * Returns the sizes of the parts of one sequence's state. A part is, for example, the hidden
   * state of a layer.
   */
  int[] stateSizes();

  /**
   * Advances each sequence by its steps. A row's result depends only on its sequence: any chunking
   * and any batch give the same bits, on one backend and CPU type.
   *
   * @param state as many sequences as the block has, or more; updated
   * @param predictAt where the head is computed
   * @param y {@code [rows or sequences, outputs]}, see {@link PredictAt}; unused with {@link
   *     PredictAt#NO_STEP}
   */
  void advance(Block block, RecurrentState state, PredictAt predictAt, Tensor y, Scratch work);
}
