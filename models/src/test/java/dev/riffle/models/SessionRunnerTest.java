package dev.riffle.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.riffle.kernels.Backends;
import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.Tensor;
import dev.riffle.models.SessionRunner.Order;
import dev.riffle.models.qrnn.DrawnQrnn;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A front end that sums three values to a step, ahead of a small network. */
class SessionRunnerTest {
  private static final Format FORMAT = new Format(0, 1);
  private static final int VALUES_PER_STEP = 3;
  private static final int MAX_STEPS = 5;

  private final Kernels kernels = Backends.find("reference");
  private final RecurrentModel network = DrawnQrnn.draw(kernels, DrawnQrnn.CONFIGS.get(0));

  @ParameterizedTest
  @EnumSource
  void predictionsAndStatesDependNeitherOnChunksNorOnTheBatch(Order order) {
    float[][] sequences = {values(40, 1), values(7, 2), values(0, 3), values(23, 4)};
    List<String> alone = new ArrayList<>();
    for (float[] sequence : sequences) {
      alone.add(play(order, new float[][] {sequence}, 1000).get(0));
    }
    for (int chunk : new int[] {1, 2, 8, 1000}) {
      assertThat(play(order, sequences, chunk)).as("chunks of %d", chunk).isEqualTo(alone);
    }
    assertThat(alone.get(0)).contains("13:").doesNotContain("14:").contains("end of 40");
  }

  @Test
  void aSequenceThatNeedsNoFurtherStepHasAClearedNetworkState() {
    SessionRunner<String, SumSession> runner = runner(Order.SEQUENCE_BY_SEQUENCE, 4);
    BatchItem<String> item = item(runner.open(FORMAT), values(40, 1), 0, 40);
    runner.advance(List.of(item));
    assertThat(item.predictions).hasSize(4);
    byte[] network = Arrays.copyOfRange(item.state, FRONT, item.state.length - 1);
    assertThat(network).containsOnly(0);
  }

  @Test
  void bytesThatNoSessionWroteAreRejected() {
    SessionRunner<String, SumSession> runner = runner(Order.EQUAL_SHARES, 1000);
    byte[] state = runner.open(FORMAT);
    byte[] invalid = state.clone();
    invalid[state.length - 1] = 7;
    for (byte[] bytes :
        List.of(
            Arrays.copyOf(state, 4),
            Arrays.copyOf(state, FRONT + 3),
            Arrays.copyOf(state, state.length - 1),
            Arrays.copyOf(state, state.length + 1),
            invalid)) {
      assertThatThrownBy(() -> runner.advance(List.of(item(bytes, new float[0], 0, 0))))
          .isInstanceOf(StateException.class)
          .hasMessageContaining("The " + bytes.length + " bytes are not a state of model sum/1")
          .hasMessageContaining("restart the sequence");
    }
  }

  // ---------------------------------------------------------------- the product

  private static final int FRONT = SessionRunner.HEADER_BYTES + Float.BYTES + Integer.BYTES;

  private final class SumSession implements SessionRunner.Session<String> {
    private final int limit;
    private float sum;
    private int count;
    private BatchItem<String> item;
    private int taken;
    private boolean done;

    SumSession(int limit) {
      this.limit = limit;
    }

    @Override
    public void open(Format format) {
      sum = 0;
      count = 0;
    }

    @Override
    public int bytes() {
      return Float.BYTES + Integer.BYTES + 1;
    }

    @Override
    public void storeFront(ByteBuffer to) {
      to.putFloat(sum).putInt(count);
    }

    @Override
    public void storeBack(ByteBuffer to) {
      to.put((byte) 1);
    }

    @Override
    public void loadFront(ByteBuffer from, Format format) {
      sum = from.getFloat();
      count = from.getInt();
    }

    @Override
    public void loadBack(ByteBuffer from, long steps) {
      if (from.get() != 1 || steps > limit) {
        throw new IllegalArgumentException();
      }
    }

    @Override
    public void begin(BatchItem<String> newItem, boolean last) {
      item = newItem;
      taken = 0;
    }

    boolean next(float[] inputs, int row) {
      while (!done && taken < item.steps) {
        sum += item.values[item.offset + taken++];
        if (++count % VALUES_PER_STEP == 0) {
          Arrays.fill(inputs, row * network.inputs(), (row + 1) * network.inputs(), sum);
          sum = 0;
          return true;
        }
      }
      return false;
    }

    @Override
    public boolean predicted(float[] outputs, int offset, long step) {
      item.predictions.add(new Prediction<>(step + 1, (step + 1) + ": " + outputs[offset]));
      done = step + 1 == limit;
      return !done;
    }

    @Override
    public void finish() {
      item.predictions.add(new Prediction<>(count, "end of " + count));
    }
  }

  private final class SumRunner extends SessionRunner<String, SumSession> {
    private final int limit;
    private float[] inputs = new float[0];

    SumRunner(Order order, int limit) {
      super(new SumModel(), network, MAX_STEPS, order);
      this.limit = limit;
    }

    @Override
    protected SumSession newSession(int item) {
      return new SumSession(limit);
    }

    @Override
    protected boolean next(SumSession session, int row) {
      if (inputs.length < (row + 1) * network.inputs()) {
        inputs = Arrays.copyOf(inputs, (row + 1) * network.inputs());
      }
      return session.next(inputs, row);
    }

    @Override
    protected void write(Tensor x, int rows, Scratch scratch) {
      kernels.write(inputs, 0, x, 0, rows * network.inputs());
    }

    @Override
    public void warmUp(int slots) {
      warmUp(FORMAT, VALUES_PER_STEP);
    }
  }

  private static final class SumModel implements StreamModel<String> {
    @Override
    public ModelInfo info() {
      return new ModelInfo("sum", "1", "sum", "fingerprint", 0, 0);
    }

    @Override
    public void check(Format format) {
      assertThat(format).isEqualTo(FORMAT);
    }

    @Override
    public StreamRunner<String> newRunner() {
      throw new UnsupportedOperationException();
    }
  }

  // ---------------------------------------------------------------- helpers

  private SessionRunner<String, SumSession> runner(Order order, int limit) {
    return new SumRunner(order, limit);
  }

  private static BatchItem<String> item(byte[] state, float[] values, int from, int steps) {
    return new BatchItem<>(FORMAT, state, values, from, steps);
  }

  private static float[] values(int count, long seed) {
    Random random = new Random(seed);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = random.nextFloat() - 0.5f;
    }
    return values;
  }

  /** Predictions of each sequence, and its state ahead of the end, as text. */
  private List<String> play(Order order, float[][] sequences, int chunk) {
    SessionRunner<String, SumSession> runner = runner(order, 1000);
    List<StringBuilder> texts = new ArrayList<>();
    byte[][] states = new byte[sequences.length][];
    for (int b = 0; b < sequences.length; b++) {
      texts.add(new StringBuilder());
      states[b] = runner.open(FORMAT);
    }
    for (int from = 0; from < 40; from += chunk) {
      List<BatchItem<String>> items = new ArrayList<>();
      for (int b = 0; b < sequences.length; b++) {
        int at = Math.min(from, sequences[b].length);
        int steps = Math.min(chunk, sequences[b].length - at);
        items.add(item(states[b], sequences[b], at, steps));
      }
      runner.advance(items);
      collect(items, texts, states);
    }
    List<BatchItem<String>> ends = new ArrayList<>();
    for (int b = 0; b < sequences.length; b++) {
      texts.get(b).append(Arrays.toString(states[b]));
      ends.add(item(states[b], new float[0], 0, 0));
    }
    runner.finish(ends);
    collect(ends, texts, states);
    assertThat(List.of(states)).containsOnly(runner.open(FORMAT));
    return texts.stream().map(StringBuilder::toString).toList();
  }

  private static void collect(
      List<BatchItem<String>> items, List<StringBuilder> texts, byte[][] states) {
    for (int b = 0; b < items.size(); b++) {
      states[b] = items.get(b).state;
      items.get(b).predictions.forEach(texts.get(b)::append);
    }
  }
}
