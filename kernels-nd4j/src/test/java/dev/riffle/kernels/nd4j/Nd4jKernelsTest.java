package dev.riffle.kernels.nd4j;

import dev.riffle.kernels.Backends;
import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.KernelsContract;

final class Nd4jKernelsTest extends KernelsContract {
  @Override
  protected Kernels kernels() {
    return Backends.find("nd4j");
  }
}
