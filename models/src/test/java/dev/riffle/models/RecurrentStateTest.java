package dev.riffle.models;

import static org.assertj.core.api.Assertions.assertThat;

import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.Tensor;
import dev.riffle.models.qrnn.DrawnQrnn;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class RecurrentStateTest {
  private static final int HEADER = 3; // what stands before a state in its buffer

  @ParameterizedTest
  @MethodSource("dev.riffle.models.TestBackends#all")
  void statesInOnePieceAreTheBytesOfEach(Kernels kernels) {
    RecurrentModel model = DrawnQrnn.draw(kernels, DrawnQrnn.CONFIGS.get(0));
    for (int sequences : new int[] {0, 1, 2, 5, 3}) {
      RecurrentState state = drawn(kernels, model, 5);
      List<ByteBuffer> each = buffers(model, kernels, sequences);
      List<ByteBuffer> all = buffers(model, kernels, sequences);
      for (int b = 0; b < sequences; b++) {
        storeAlone(state, model, b, each.get(b));
      }
      state.store(all);
      assertThat(bytes(all)).isDeepEqualTo(bytes(each));

      RecurrentState other = new RecurrentState(model, 7);
      all.forEach(buffer -> buffer.position(HEADER));
      other.load(all);
      List<ByteBuffer> again = buffers(model, kernels, sequences);
      other.store(again);
      assertThat(bytes(again)).isDeepEqualTo(bytes(each));
      assertThat(all).allMatch(buffer -> !buffer.hasRemaining());
    }
  }

  /** Writes the state of one sequence: its count, then its share of every part. */
  private static void storeAlone(
      RecurrentState state, RecurrentModel model, int sequence, ByteBuffer to) {
    to.putLong(state.counts()[sequence]);
    int[] sizes = model.stateSizes();
    for (int i = 0; i < sizes.length; i++) {
      model.kernels().store(state.part(i), sequence * sizes[i], sizes[i], to);
    }
  }

  private static RecurrentState drawn(Kernels kernels, RecurrentModel model, int sequences) {
    Random random = new Random(5);
    RecurrentState state = new RecurrentState(model, sequences);
    for (int b = 0; b < sequences; b++) {
      state.counts()[b] = random.nextLong();
    }
    int[] sizes = model.stateSizes();
    for (int i = 0; i < sizes.length; i++) {
      Tensor part = state.part(i);
      double[] values = random.doubles((long) sequences * sizes[i]).toArray();
      kernels.write(values, 0, part, 0, values.length);
    }
    return state;
  }

  private static List<ByteBuffer> buffers(RecurrentModel model, Kernels kernels, int count) {
    int bytes = HEADER + RecurrentState.bytes(model.stateSizes(), kernels.precision());
    return IntStream.range(0, count)
        .mapToObj(b -> ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN).position(HEADER))
        .toList();
  }

  private static byte[][] bytes(List<ByteBuffer> buffers) {
    return buffers.stream().map(ByteBuffer::array).toArray(byte[][]::new);
  }
}
