package dev.riffle.kernels;

import java.nio.ByteBuffer;

/** Values of a Java array of primitives, which views share. */
public interface ArrayTensor extends Tensor {

  /** The array. */
  Object data();

  /** Index of the first value of this tensor. */
  int base();

  /** Appends {@code count} values from {@code offset} on to a buffer, in the buffer's order. */
  void put(int offset, int count, ByteBuffer to);

  /** Reads {@code count} values from a buffer, in the buffer's order. */
  void get(int offset, int count, ByteBuffer from);
}
