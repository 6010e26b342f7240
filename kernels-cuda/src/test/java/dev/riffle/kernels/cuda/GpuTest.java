package dev.riffle.kernels.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The host side on the stand-in for a card, or on a card. */
class GpuTest {
  private static Gpu gpu;

  @BeforeAll
  static void open() {
    gpu = StandIn.open(CudaOptions.of(name -> null), Probe.SOURCE);
  }

  private static Memory floats(float... values) {
    Memory memory = gpu.allocate(4L * values.length);
    gpu.upload(values, 0, memory.address(), values.length);
    return memory;
  }

  private static float[] values(Memory memory, int count) {
    float[] values = new float[count];
    gpu.download(memory.address(), values, 0, count);
    return values;
  }

  private static float[] range(int count) {
    float[] values = new float[count];
    IntStream.range(0, count).forEach(i -> values[i] = i + 1);
    return values;
  }

  @Test
  void aKernelRuns() {
    Memory x = floats(1, 2, 3, 4, 5);
    Memory y = gpu.allocate(20);
    gpu.kernel("scale").arg(x.address()).arg(y.address()).arg(5).arg(1.5f).launch(1, 1, 32, 0);
    assertThat(values(y, 5)).containsExactly(1.5f, 3, 4.5f, 6, 7.5f);
  }

  @Test
  void blocksSumByWarpsAndSharedMemory() {
    int blocks = 300; // more than one thread of the stand-in takes
    Memory x = floats(range(256 * blocks));
    Memory sums = gpu.allocate(4L * blocks);
    gpu.kernel("block_sum").arg(x.address()).arg(sums.address()).launch(blocks, 1, 256, 0);
    float[] sum = values(sums, blocks);
    for (int b = 0; b < blocks; b++) {
      double expected = 256 * (256.0 * b + 128.5);
      assertThat((double) sum[b])
          .isCloseTo(expected, org.assertj.core.data.Offset.offset(1e-5 * expected));
    }
  }

  @Test
  void dynamicSharedMemoryMayBeMoreThanCardsGiveUnasked() {
    Memory x = floats(range(2 * 1024));
    Memory y = gpu.allocate(4 * 2 * 1024);
    gpu.kernel("reverse").arg(x.address()).arg(y.address()).launch(2, 1, 1024, 64 << 10);
    assertThat(values(y, 2 * 1024)).startsWith(1024, 1023).endsWith(1026, 1025);
  }

  @Test
  void gridsHaveTwoSidesAndAreSeenWhole() {
    Memory out = gpu.allocate(4 * 35);
    gpu.fill(out.address(), -1, 35);
    gpu.kernel("where").arg(out.address()).launch(7, 5, 64, 0);
    ByteBuffer seen = ByteBuffer.allocate(4 * 35).order(ByteOrder.nativeOrder());
    gpu.download(out.address(), seen, 4 * 35);
    assertThat(IntStream.range(0, 35).map(i -> seen.getInt(4 * i)))
        .containsExactly(IntStream.range(0, 35).boxed().toArray(Integer[]::new));
  }

  @Test
  void aGridOfNoBlocksIsNothingToDo() {
    gpu.kernel("where").arg(0L).launch(0, 5, 64, 0);
    gpu.kernel("where").arg(0L).launch(5, 0, 64, 0);
    gpu.synchronize();
  }

  @Test
  void argumentsKeepTheirBits() {
    Memory out = gpu.allocate(24);
    gpu.kernel("widths").arg(-(1L << 40)).arg(-7).arg(0.1f).arg(out.address()).launch(1, 1, 1, 0);
    ByteBuffer seen = ByteBuffer.allocate(24).order(ByteOrder.nativeOrder());
    gpu.download(out.address(), seen, 24);
    assertThat(seen.getDouble(0)).isEqualTo(-(double) (1L << 40));
    assertThat(seen.getDouble(8)).isEqualTo(-7);
    assertThat(seen.getDouble(16)).isEqualTo((double) 0.1f);
  }

  @Test
  void wrongArgumentsAreToldWithTheKernelsName() {
    assertThatThrownBy(() -> gpu.kernel("widths").arg(1))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContainingAll("'widths'", "4 bytes as argument 0", "8 bytes there");
    assertThatThrownBy(() -> gpu.kernel("where").arg(1L).arg(1))
        .hasMessageContainingAll("'where'", "argument 1", "1 parameters in all");
    assertThatThrownBy(() -> gpu.kernel("widths").arg(1L).launch(1, 1, 1, 0))
        .hasMessageContainingAll("'widths'", "4 parameters", "given 1");
    assertThatThrownBy(() -> gpu.kernel("nothing"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("'nothing'", "scale");
    argumentsKeepTheirBits(); // what was given before is forgotten
  }
}
