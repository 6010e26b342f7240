package dev.riffle.kernels.reference;

import dev.riffle.kernels.Tensor;

/** {@code size} doubles of {@code data}, from {@code base} on. */
record DoubleTensor(double[] data, int base, int size) implements Tensor {

  @Override
  public DoubleTensor slice(int offset, int count) {
    return new DoubleTensor(data, base + offset, count);
  }

  double get(int i) {
    return data[base + i];
  }

  void set(int i, double value) {
    data[base + i] = value;
  }
}
