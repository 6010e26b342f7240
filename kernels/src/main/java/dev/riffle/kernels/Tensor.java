package dev.riffle.kernels;

/**
 * A run of numbers in the memory and precision of one backend, row-major; its shape is the caller's
 * knowledge and stands in a comment where it is used. Not safe for use by two threads at once.
 */
public interface Tensor {
  /** Number of values. */
  int size();

  /**
   * The same memory seen from {@code offset} on.
   *
   * @throws IndexOutOfBoundsException if the range leaves this tensor
   */
  Tensor view(int offset, int size);
}
