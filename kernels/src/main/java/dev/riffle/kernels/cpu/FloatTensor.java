package dev.riffle.kernels.cpu;

import dev.riffle.kernels.ArrayTensor;
import java.nio.ByteBuffer;

/**
 * {@code size} floats of {@code data}, from {@code base} on.
 *
 * @param data shared with views
 * @param base index of the first value
 * @param size number of values
 */
public record FloatTensor(float[] data, int base, int size) implements ArrayTensor {

  @Override
  public FloatTensor slice(int offset, int count) {
    return new FloatTensor(data, base + offset, count);
  }

  @Override
  public void put(int offset, int count, ByteBuffer to) {
    to.asFloatBuffer().put(data, base + offset, count);
  }

  @Override
  public void get(int offset, int count, ByteBuffer from) {
    from.asFloatBuffer().get(data, base + offset, count);
  }
}
