package dev.riffle.kernels.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.riffle.kernels.Backends;
import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.KernelsContract;
import dev.riffle.kernels.Precision;
import org.junit.jupiter.api.Test;

final class CpuVectorKernelsTest extends KernelsContract {
  @Override
  protected Kernels kernels() {
    return CpuProvider.vector(1);
  }

  @Test
  void itIsTheChoiceWhereTheModuleIsThere() {
    Kernels found = Backends.find("cpu");
    assertThat(found.description()).matches("cpu: Vector API, \\d+ float lanes");
    assertThat(found.precision()).isEqualTo(Precision.FLOAT32);
  }
}
