package dev.riffle.models;

import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.Tensor;

/**
 * A network that reads whole windows, with weights on one backend. Immutable and shared by all
 * threads; work memory is the caller's.
 */
public interface WindowModel {

  /** The backend of its weights. */
  Kernels kernels();

  /** Values of a step; 1 where a step is a token. */
  int inputs();

  /** How many tokens there are; 0 where a step is a vector of values. */
  int tokens();

  /** True for one answer to each step of a window, false for one to the window. */
  boolean predictsEachStep();

  /** Values of one answer. */
  int outputs();

  /** Shape of one answer. */
  default int[] outputShape() {
    return new int[] {outputs()};
  }

  /**
   * Checks that windows can be given this length. {@link #forward} takes shorter ones, too: the end
   * of a sequence, padded as the reference of the model pads.
   *
   * @throws InputException if not; the message says which lengths may be
   */
  void check(int length);

  /**
   * What windows of one {@link #forward} must share, such as the length they are padded to; a
   * constant where any lengths go together.
   *
   * @param length from 1 to one that {@link #check} lets pass
   */
  int bin(int length);

  /** Values of the largest tensor that a window of this length takes on its way. */
  long values(int length);

  /**
   * Answers windows. Each answer depends on its window alone: any batch gives the same bits, on one
   * backend and CPU type.
   *
   * @param batch one window or more, each of one step or more, all of one {@link #bin}; tokens have
   *     been checked
   * @param y {@code [rows or windows, outputs]} as {@link #predictsEachStep} says
   * @throws InputException if a window cannot have its length, or bins differ
   */
  void forward(WindowBatch batch, Tensor y, Scratch work);
}
