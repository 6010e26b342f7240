package dev.riffle.kernels;

/**
 * Numbers in the memory and precision of one backend, row-major. A tensor does not know its shape;
 * the caller does. Not safe for use by two threads at once.
 */
public interface Tensor {
  /** Number of values. */
  int size();

  /**
   * Returns the same memory from {@code offset} on.
   *
   * @throws IndexOutOfBoundsException if the range leaves this tensor
   */
  default Tensor view(int offset, int size) {
    Arguments.range("view", offset, size, size());
    return slice(offset, size);
  }

  /** Returns the same memory from {@code offset} on; the range is checked. For backends. */
  Tensor slice(int offset, int size);
}
