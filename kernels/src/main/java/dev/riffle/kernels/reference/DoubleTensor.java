package dev.riffle.kernels.reference;

import dev.riffle.kernels.ArrayTensor;
import java.nio.ByteBuffer;

/** {@code size} doubles of {@code data}, from {@code base} on. */
record DoubleTensor(double[] data, int base, int size) implements ArrayTensor {

  @Override
  public DoubleTensor slice(int offset, int count) {
    return new DoubleTensor(data, base + offset, count);
  }

  @Override
  public void put(int offset, int count, ByteBuffer to) {
    to.asDoubleBuffer().put(data, base + offset, count);
  }

  @Override
  public void get(int offset, int count, ByteBuffer from) {
    from.asDoubleBuffer().get(data, base + offset, count);
  }

  double get(int i) {
    return data[base + i];
  }

  void set(int i, double value) {
    data[base + i] = value;
  }
}
