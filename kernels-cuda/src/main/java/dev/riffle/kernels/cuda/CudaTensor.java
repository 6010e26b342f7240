package dev.riffle.kernels.cuda;

import dev.riffle.kernels.Tensor;

/** {@code size} floats of the GPU's {@code memory}, from {@code offset} on. */
record CudaTensor(Memory memory, int offset, int size) implements Tensor {

  @Override
  public CudaTensor slice(int at, int count) {
    return new CudaTensor(memory, offset + at, count);
  }

  /** Where its first value is on the GPU. */
  long address() {
    return memory.address() + 4L * offset;
  }
}
