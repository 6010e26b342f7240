package dev.riffle.kernels.cpu;

import dev.riffle.kernels.Tensor;

/**
 * {@code size} floats of {@code data}, from {@code base} on.
 *
 * @param data shared with views
 * @param base index of the first value
 * @param size number of values
 */
public record FloatTensor(float[] data, int base, int size) implements Tensor {

  @Override
  public FloatTensor slice(int offset, int count) {
    return new FloatTensor(data, base + offset, count);
  }
}
