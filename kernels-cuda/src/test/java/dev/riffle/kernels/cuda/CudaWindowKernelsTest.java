package dev.riffle.kernels.cuda;

import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.KernelsContract;

final class CudaWindowKernelsTest extends KernelsContract {
  @Override
  protected Kernels kernels() {
    return TestGpu.anyThread(TestGpu.kernels().forWindows());
  }

  @Override
  protected boolean rowsKeepTheirBits() {
    return false;
  }
}
