package dev.riffle.kernels.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.riffle.kernels.DeviceException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The host side on the CUDA emulator, or on a GPU. */
class GpuTest {
  private static Gpu gpu;

  @BeforeAll
  static void open() {
    gpu = Emulator.open(CudaOptions.of(name -> null), Probe.SOURCE);
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
    int blocks = 300; // more than one thread of the emulator takes
    Memory x = floats(range(256 * blocks));
    Memory sums = gpu.allocate(4L * blocks);
    gpu.kernel("block_sum").arg(x.address()).arg(sums.address()).launch(blocks, 1, 256, 0);
    float[] sum = values(sums, blocks);
    for (int b = 0; b < blocks; b++) {
      double expected = 256 * (256.0 * b + 128.5);
      assertThat((double) sum[b]).isCloseTo(expected, Offset.offset(1e-5 * expected));
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
    assertThatCode(() -> gpu.synchronize())
        .doesNotThrowAnyException(); // address 0 would be a fault
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
  void wrongArgumentsAreReportedWithTheKernelsName() {
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

  // ---------------------------------------------------------------- transfers

  @Test
  void transfersAreOfAnyLengthAndFromAnywhere() {
    int count = 2 * Staging.PIECE / 4 + 12_345;
    float[] values = range(count);
    float[] back = new float[count + 2];
    try (Memory memory = gpu.allocate(4L * count + 4)) {
      gpu.upload(values, 3, memory.address() + 4, count - 3);
      gpu.download(memory.address() + 4, back, 2, count - 3);
    }
    assertThat(back[1]).isZero();
    assertThat(back[2]).isEqualTo(values[3]);
    for (int i = 0; i < count - 3; i++) {
      assertThat(back[i + 2] == values[i + 3]).as("value %d", i).isTrue();
    }
    assertThat(back[count - 1]).isZero();
  }

  @Test
  void whatIsSentMayBeChangedAtOnce() {
    int count = 1 << 14;
    int uploads = 400; // more than the pinned memory holds
    int[] values = new int[count];
    try (Memory all = gpu.allocate(4L * count * uploads)) {
      for (int u = 0; u < uploads; u++) {
        Arrays.fill(values, u);
        gpu.upload(values, 0, all.address() + 4L * count * u, count);
      }
      ByteBuffer back = ByteBuffer.allocate(4 * count * uploads).order(ByteOrder.nativeOrder());
      gpu.download(all.address(), back, 4 * count * uploads);
      for (int i = 0; i < count * uploads; i++) {
        assertThat(back.getInt(4 * i) == i / count).as("value %d", i).isTrue();
      }
    }
  }

  @Test
  void doublesAreRoundedAndBytesKept() {
    double[] doubles = {Math.PI, -1e-50, 1e300, Double.NaN};
    double[] back = new double[4];
    ByteBuffer bytes = ByteBuffer.allocate(20).order(ByteOrder.LITTLE_ENDIAN);
    try (Memory memory = gpu.allocate(16)) {
      gpu.upload(doubles, 0, memory.address(), 4);
      gpu.download(memory.address(), back, 0, 4);
      bytes.position(2);
      gpu.download(memory.address(), bytes, 16);
      assertThat(bytes.position()).isEqualTo(18);
      assertThat(bytes.getFloat(2)).isEqualTo((float) Math.PI);
      bytes.position(6).limit(10);
      gpu.upload(bytes, memory.address(), 4);
      assertThat(bytes.position()).isEqualTo(10);
      assertThat(values(memory, 1)[0]).isEqualTo((float) -1e-50);
    }
    assertThat(back)
        .containsExactly((float) Math.PI, (float) -1e-50, Double.POSITIVE_INFINITY, Double.NaN);
  }

  @Test
  void copiesAndFillsStayOnTheCard() {
    try (Memory memory = gpu.allocate(4 * 8)) {
      gpu.fill(memory.address(), Float.floatToRawIntBits(7), 8);
      gpu.upload(new float[] {1, 2}, 0, memory.address(), 2);
      gpu.copy(memory.address(), memory.address() + 12, 8);
      gpu.copy(memory.address(), memory.address() + 12, 0);
      assertThat(values(memory, 8)).containsExactly(1, 2, 7, 1, 2, 7, 7, 7);
    }
  }

  @Test
  void memoryBeyondTheCeilingIsReportedAndTheCardGoesOn() {
    assertThatThrownBy(() -> gpu.allocate(gpu.ceiling() + 1))
        .isInstanceOf(DeviceException.OutOfMemory.class)
        .hasMessageContainingAll("80% of the GPU's", CudaOptions.MEMORY);
    aKernelRuns();
  }

  @Test
  void anotherThreadIsSentAway() throws InterruptedException {
    Throwable[] thrown = new Throwable[1];
    Thread other = new Thread(() -> thrown[0] = catchThrowable(() -> gpu.allocate(4)), "other");
    other.start();
    other.join();
    assertThat(thrown[0])
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContainingAll("called on 'other'", "Device.call");
  }
}
