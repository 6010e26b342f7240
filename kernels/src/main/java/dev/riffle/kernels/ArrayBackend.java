package dev.riffle.kernels;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** A backend whose tensors are {@link ArrayTensor}s. */
public abstract class ArrayBackend implements Backend {

  @Override
  public final void store(Tensor from, int fromOffset, int count, ByteBuffer to) {
    ((ArrayTensor) from).put(fromOffset, count, littleEndian(to));
    to.position(to.position() + count * precision().bytes());
  }

  @Override
  public final void load(ByteBuffer from, Tensor to, int toOffset, int count) {
    ((ArrayTensor) to).get(toOffset, count, littleEndian(from));
    from.position(from.position() + count * precision().bytes());
  }

  private static ByteBuffer littleEndian(ByteBuffer buffer) {
    return buffer.duplicate().order(ByteOrder.LITTLE_ENDIAN);
  }

  @Override
  public final void copy(Tensor from, int fromOffset, Tensor to, int toOffset, int count) {
    ArrayTensor source = (ArrayTensor) from;
    ArrayTensor target = (ArrayTensor) to;
    System.arraycopy(
        source.data(), source.base() + fromOffset, target.data(), target.base() + toOffset, count);
  }
}
