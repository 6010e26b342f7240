package dev.riffle.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.riffle.kernels.Backends;
import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which steps a window holds and tells; a model that sums shows it. */
class WindowStreamModelTest {
  private static final Format FORMAT = new Format(0, 1);
  private static final Kernels REFERENCE = Backends.find("reference");

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // length, stride, steps | position: first step + steps = their sum
        "4 | 4 | 10 | 4: 0+4=6, 8: 4+4=22, 10: 8+2=17",
        "4 | 2 |  8 | 4: 0+4=6, 6: 2+4=14, 8: 4+4=22", // all has been spoken of
        "4 | 2 |  9 | 4: 0+4=6, 6: 2+4=14, 8: 4+4=22, 9: 6+3=21",
        "4 | 6 | 11 | 4: 0+4=6, 10: 6+4=30", // step 10 lies between windows
        "4 | 6 | 13 | 4: 0+4=6, 10: 6+4=30, 13: 12+1=12",
        "4 | 4 |  3 | 3: 0+3=3",
        "4 | 1 |  5 | 4: 0+4=6, 5: 1+4=10",
        "4 | 4 |  0 | ''",
        "4 | 0 |  3 | 3: 0+3=3", // one window: the whole sequence
        "4 | 0 |  4 | 4: 0+4=6",
        "4 | 0 | 99 | 4: 0+4=6", // or its first steps
        "4 | 0 |  0 | ''",
      })
  void aWindowIsAnsweredOnce(int length, int stride, int steps, String told) {
    assertThat(told(new Sum(false, 1), new WindowOptions(length, stride), steps)).isEqualTo(told);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // each step brings the sum of the window that tells it
        "4 | 4 |  6 | 4: 0+1=6, 4: 1+1=6, 4: 2+1=6, 4: 3+1=6, 6: 4+1=9, 6: 5+1=9",
        // half of what windows share lies on either side
        "4 | 2 |  6 | 4: 0+1=6, 4: 1+1=6, 4: 2+1=6, 6: 3+1=14, 6: 4+1=14, 6: 5+1=9",
        "4 | 2 |  7 | 4: 0+1=6, 4: 1+1=6, 4: 2+1=6, 6: 3+1=14, 6: 4+1=14, 7: 5+1=15, 7: 6+1=15",
        "4 | 3 |  4 | 4: 0+1=6, 4: 1+1=6, 4: 2+1=6, 4: 3+1=3",
        "2 | 4 |  7 | 2: 0+1=1, 2: 1+1=1, 6: 4+1=9, 6: 5+1=9",
        "4 | 2 |  1 | 1: 0+1=0",
        "4 | 0 |  3 | 3: 0+1=3, 3: 1+1=3, 3: 2+1=3",
        "4 | 0 |  9 | 4: 0+1=6, 4: 1+1=6, 4: 2+1=6, 4: 3+1=6",
      })
  void eachStepIsReportedOnceByTheWindowInWhoseMiddleItLies(
      int length, int stride, int steps, String told) {
    assertThat(told(new Sum(true, 1), new WindowOptions(length, stride), steps)).isEqualTo(told);
  }

  @Test
  void windowsOfManySequencesAreOneBatchUnlessItIsTooLarge() {
    Sum small = new Sum(false, 1);
    run(small, 5, 8);
    assertThat(small.batches).containsExactly(10); // two windows each
    Sum large = new Sum(false, 1 << 22); // four windows are 2^24
    run(large, 5, 8);
    assertThat(large.batches).containsExactly(4, 4, 2);
    Sum huge = new Sum(false, 1 << 25);
    run(huge, 2, 8);
    assertThat(huge.batches).containsExactly(1, 1, 1, 1);
  }

  @Test
  void stepsThatAreOnlyKeptTakeNoPlaceAndCallNoVerb() {
    Sum model = new Sum(false, 1);
    StreamModel<PredictionValues> stream = stream(model, new WindowOptions(4, 2));
    StreamRunner<PredictionValues> runner = stream.newRunner();
    byte[] state = runner.open(FORMAT);
    int[] places = {0, 0, 0, 1, 0, 1, 0}; // windows that each step completes
    int[] atTheEnd = {1, 1, 1, 1, 1, 1, 1}; // with the one that tells the rest
    for (int step = 0; step < places.length; step++) {
      BatchItem<PredictionValues> item = new BatchItem<>(FORMAT, state, new float[] {step}, 0, 1);
      assertThat(stream.slots(item, false)).as("step %d", step).isEqualTo(places[step]);
      assertThat(stream.slots(item, true)).as("step %d", step).isEqualTo(atTheEnd[step]);
      runner.advance(List.of(item));
      state = item.state;
    }
    assertThat(model.batches).containsExactly(1, 1);
    runner.warmUp(3);
    assertThat(model.batches).containsExactly(1, 1, 3);
  }

  @Test
  void whatIsLeftOfManySequencesIsSortedByBin() {
    Sum model = new Sum(false, 1); // whose bin is the length, even or odd
    StreamRunner<PredictionValues> runner = stream(model, WindowOptions.of(9)).newRunner();
    List<BatchItem<PredictionValues>> items = new ArrayList<>();
    for (int count : new int[] {1, 2, 3, 4, 5}) {
      items.add(new BatchItem<>(FORMAT, runner.open(FORMAT), counted(count), 0, count));
    }
    runner.finish(items);
    assertThat(model.batches).containsExactly(2, 3);
    for (int b = 0; b < 5; b++) {
      assertThat(items.get(b).predictions).hasSize(1);
      assertThat(items.get(b).predictions.get(0).value().steps()).isEqualTo(b + 1);
    }
  }

  @Test
  void theStateIsTheStepsThatAreStillNeeded() {
    StreamModel<PredictionValues> model = stream(new Sum(false, 1), new WindowOptions(4, 2));
    StreamRunner<PredictionValues> runner = model.newRunner();
    int header = 1 + 1 + 8 + 4 + 4;
    assertThat(model.info().stateBytes()).isEqualTo(header + 3 * 4);
    byte[] state = runner.open(FORMAT);
    int[] kept = {1, 2, 3, 2, 3, 2, 3}; // of one float each
    for (int step = 0; step < kept.length; step++) {
      BatchItem<PredictionValues> item = new BatchItem<>(FORMAT, state, new float[] {step}, 0, 1);
      runner.advance(List.of(item));
      state = item.state;
      assertThat(state).hasSize(header + kept[step] * 4);
    }
  }

  @Test
  void whatComesBehindTheOneWindowOfASequenceIsNotKept() {
    StreamModel<PredictionValues> model = stream(new Sum(false, 1), WindowOptions.once(4));
    StreamRunner<PredictionValues> runner = model.newRunner();
    byte[] state = runner.open(FORMAT);
    int[] kept = {1, 2, 3, 0, 0, 0};
    int[] places = {0, 0, 0, 1, 0, 0};
    for (int step = 0; step < kept.length; step++) {
      BatchItem<PredictionValues> item = new BatchItem<>(FORMAT, state, new float[] {step}, 0, 1);
      assertThat(model.slots(item, false)).isEqualTo(places[step]);
      assertThat(model.slots(item, true)).isEqualTo(step < 4 ? 1 : 0);
      runner.advance(List.of(item));
      state = item.state;
      assertThat(state).hasSize(18 + kept[step] * 4);
    }
  }

  @Test
  void stateOfOtherWindowsOrAnotherModelIsRefused() {
    StreamRunner<PredictionValues> runner =
        stream(new Sum(false, 1), new WindowOptions(4, 2)).newRunner();
    byte[] state = runner.open(FORMAT);
    byte[] version = state.clone();
    version[0] = 9;
    refuses(runner, new byte[0], "but no byte came");
    refuses(runner, version, "reads states of version 1, but version 9 came");
    refuses(runner, Arrays.copyOf(state, 7), "has 7 bytes, model sum/1 needs 18");
    refuses(runner, Arrays.copyOf(state, 22), "Another model wrote the state");
    byte[] other = stream(new Sum(false, 1), new WindowOptions(4, 3)).newRunner().open(FORMAT);
    refuses(
        runner, other, "windows of 4 steps and a stride of 3, but model sum/1 runs with 4 and 2");
  }

  @Test
  void theFingerprintTellsTheWindows() {
    assertThat(stream(new Sum(false, 1), new WindowOptions(4, 2)).info().fingerprint())
        .isEqualTo("0/4/2");
  }

  @Test
  void windowsThatCannotBeAreRefused() {
    assertThatThrownBy(() -> new WindowOptions(0, 1))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("they are 0 and 1");
    assertThatThrownBy(() -> new WindowOptions(1, -1)).isInstanceOf(ModelException.class);
    assertThatThrownBy(() -> stream(new Sum(false, 1), WindowOptions.of(1000)))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("Model sum/1 cannot have windows of 1000 steps: at most 999");
    assertThatThrownBy(() -> stream(new Sum(false, 1L << 31), WindowOptions.of(4)))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("needs an array of 2147483648 for a window of 4 steps");
  }

  @Test
  void stepsOfAnotherWidthAreRefused() {
    StreamModel<PredictionValues> model = stream(new Sum(false, 1), WindowOptions.of(4));
    assertThatThrownBy(() -> model.check(new Format(0, 2)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("reads 1 values per step, but the sequence brings 2");
  }

  // ---------------------------------------------------------------- helpers

  private static void refuses(StreamRunner<PredictionValues> runner, byte[] state, String why) {
    BatchItem<PredictionValues> item = new BatchItem<>(FORMAT, state, new float[1], 0, 1);
    assertThatThrownBy(() -> runner.advance(List.of(item)))
        .isInstanceOf(StateException.class)
        .hasMessageContaining(why);
    assertThat(item.state).isSameAs(state);
  }

  private static String told(Sum model, WindowOptions options, int steps) {
    StreamModel<PredictionValues> stream = stream(model, options);
    StreamRunner<PredictionValues> runner = stream.newRunner();
    BatchItem<PredictionValues> item =
        new BatchItem<>(FORMAT, runner.open(FORMAT), counted(steps), 0, steps);
    int places = stream.slots(item, true);
    runner.finish(List.of(item));
    assertThat(places).isEqualTo(model.batches.stream().mapToInt(b -> b).sum());
    List<String> told = new ArrayList<>();
    for (Prediction<PredictionValues> output : item.predictions) {
      PredictionValues scores = output.value();
      told.add(
          String.format(
              "%d: %d+%d=%.0f",
              output.position(), scores.first(), scores.steps(), scores.values()[0]));
    }
    return String.join(", ", told);
  }

  /** Advances sequences of so many steps, in windows of four. */
  private static void run(Sum model, int sequences, int steps) {
    StreamRunner<PredictionValues> runner = stream(model, WindowOptions.of(4)).newRunner();
    List<BatchItem<PredictionValues>> items = new ArrayList<>();
    for (int b = 0; b < sequences; b++) {
      items.add(new BatchItem<>(FORMAT, runner.open(FORMAT), counted(steps), 0, steps));
    }
    runner.advance(items);
    for (BatchItem<PredictionValues> item : items) {
      assertThat(item.predictions).extracting(Prediction::position).containsExactly(4L, 8L);
    }
  }

  private static float[] counted(int steps) {
    float[] values = new float[steps];
    for (int i = 0; i < steps; i++) {
      values[i] = i;
    }
    return values;
  }

  private static StreamModel<PredictionValues> stream(WindowModel model, WindowOptions options) {
    return new WindowStreamModel(new ModelInfo("sum", "1", "sum", "0"), model, options);
  }

  /** Answers with the sum of a window, once or at each step. */
  private static final class Sum implements WindowModel {
    private final boolean each;
    private final long values;
    private final List<Integer> batches = new ArrayList<>();

    Sum(boolean each, long values) {
      this.each = each;
      this.values = values;
    }

    @Override
    public Kernels kernels() {
      return REFERENCE;
    }

    @Override
    public int inputs() {
      return 1;
    }

    @Override
    public boolean predictsEachStep() {
      return each;
    }

    @Override
    public int outputs() {
      return 1;
    }

    @Override
    public void check(int length) {
      if (length > 999) {
        throw new InputException("at most 999");
      }
    }

    @Override
    public int bin(int length) {
      return length % 2;
    }

    @Override
    public long values(int length) {
      return values;
    }

    @Override
    public void forward(WindowBatch batch, Tensor y, Scratch work) {
      batches.add(batch.windows());
      batch.bin(this);
      for (int b = 0; b < batch.windows(); b++) {
        double sum = 0;
        for (int r = batch.sequences().start(b); r < batch.sequences().end(b); r++) {
          sum += batch.values()[r];
        }
        if (each) {
          REFERENCE.fill(y, batch.sequences().start(b), batch.steps(b), sum);
        } else {
          REFERENCE.fill(y, b, 1, sum);
        }
      }
    }
  }
}
