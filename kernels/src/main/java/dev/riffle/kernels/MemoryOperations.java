package dev.riffle.kernels;

import java.nio.ByteBuffer;

/** Allocates tensors and moves values into, out of and between them. */
public interface MemoryOperations {

  /** Returns a tensor of {@code size} zeros. */
  Tensor allocate(int size);

  /** Returns a tensor that holds these values. */
  Tensor constant(double[] values);

  /** Copies {@code count} floats into {@code to}. */
  void write(float[] from, int fromOffset, Tensor to, int toOffset, int count);

  /** Copies {@code count} doubles into {@code to}, rounded to the backend's precision. */
  void write(double[] from, int fromOffset, Tensor to, int toOffset, int count);

  /** Copies {@code count} values out, rounded to float where the backend uses double. */
  void read(Tensor from, int fromOffset, float[] to, int toOffset, int count);

  /** Copies {@code count} values out. */
  void read(Tensor from, int fromOffset, double[] to, int toOffset, int count);

  /**
   * Appends {@code count} values to {@code to} at its position, little-endian, in this backend's
   * precision. {@link #load} restores them bit for bit.
   */
  void store(Tensor from, int fromOffset, int count, ByteBuffer to);

  /** Reads what {@link #store} wrote, from the position of {@code from} on. */
  void load(ByteBuffer from, Tensor to, int toOffset, int count);

  /** Copies within the backend. The two ranges must not overlap. */
  void copy(Tensor from, int fromOffset, Tensor to, int toOffset, int count);

  /** Sets {@code count} values. */
  void fill(Tensor to, int offset, int count, double value);
}
