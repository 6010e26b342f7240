package dev.riffle.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.Tensor;
import dev.riffle.models.lru.Lru;
import dev.riffle.models.lru.LruConfig;
import dev.riffle.models.lru.LruInit;
import dev.riffle.models.qrnn.DrawnQrnn;
import dev.riffle.models.weights.Safetensors;
import dev.riffle.models.weights.Weights;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Equality here is that of bits: scores and states are compared as arrays, without tolerance. */
class RecurrentStreamModelTest {
  private static final Format FORMAT = new Format(0, 3);

  private final Random random = new Random(11);

  private static final List<LruConfig> LRUS =
      List.of(
          new LruConfig(3, 17, 9, 2, 5, 1, LruConfig.Pooling.MEAN, "batch", true),
          new LruConfig(3, 32, 16, 3, 4, 3, LruConfig.Pooling.LAST, "layer", false),
          new LruConfig(3, 8, 24, 1, 2, 1, LruConfig.Pooling.NONE, "layer", true));

  /** Makes a network on a backend. */
  interface Maker extends Function<Kernels, RecurrentModel> {}

  static Stream<Arguments> lrus() {
    return TestBackends.all().flatMap(k -> LRUS.stream().map(c -> Arguments.of(k, c)));
  }

  static Stream<Arguments> models() {
    Stream<Named<Maker>> lrus = LRUS.stream().map(c -> Named.of(c.toString(), k -> lru(k, c)));
    Stream<Named<Maker>> qrnns =
        DrawnQrnn.CONFIGS.stream().map(c -> Named.of(c.toString(), k -> DrawnQrnn.draw(k, c)));
    List<Named<Maker>> all = Stream.concat(lrus, qrnns).toList();
    return TestBackends.all().flatMap(k -> all.stream().map(m -> Arguments.of(k, m)));
  }

  @ParameterizedTest
  @MethodSource("models")
  void aSequenceInAnyChunkingIsTheWholeSequence(Kernels kernels, Maker maker) {
    StreamRunner<PredictionValues> runner = model(kernels, maker).newRunner();
    float[] steps = steps(301);
    TestSequence whole = new TestSequence(runner, FORMAT, steps);
    whole.advance(runner, 301);

    for (int longest : new int[] {1, 2, 7, 64, 300}) {
      TestSequence chunked = new TestSequence(runner, FORMAT, steps);
      while (chunked.left() > 0) {
        chunked.advance(runner, Math.min(chunked.left(), random.nextInt(longest + 1)));
      }
      chunked.isLike(whole);
    }
  }

  @ParameterizedTest
  @MethodSource("models")
  void aBatchEqualsItsRows(Kernels kernels, Maker maker) {
    StreamModel<PredictionValues> model = model(kernels, maker);
    StreamRunner<PredictionValues> alone = model.newRunner();
    StreamRunner<PredictionValues> together = model.newRunner();
    for (int batch : new int[] {1, 2, 7, 64}) {
      List<TestSequence> expected = new ArrayList<>();
      List<TestSequence> found = new ArrayList<>();
      for (int b = 0; b < batch; b++) {
        float[] steps = steps(random.nextInt(40));
        expected.add(new TestSequence(alone, FORMAT, steps));
        found.add(new TestSequence(together, FORMAT, steps));
        expected.get(b).advance(alone, expected.get(b).left());
      }
      while (found.stream().anyMatch(s -> s.left() > 0)) {
        advanceSome(together, found, random);
      }
      for (int b = 0; b < batch; b++) {
        found.get(b).isLike(expected.get(b));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("models")
  void aCatchUpLongerThanTheWorkMemoryIsTheSame(Kernels kernels, Maker maker) {
    StreamRunner<PredictionValues> runner = model(kernels, maker).newRunner();
    float[] steps = steps(9000);
    TestSequence atOnce = new TestSequence(runner, FORMAT, steps);
    TestSequence inParts = new TestSequence(runner, FORMAT, steps);
    atOnce.advance(runner, 9000);
    while (inParts.left() > 0) {
      inParts.advance(runner, 1000);
    }
    atOnce.isLike(inParts);
  }

  @ParameterizedTest
  @MethodSource("models")
  void lastStepPredictionsAreTheLastOfEveryStepInAnyChunking(Kernels kernels, Maker maker) {
    StreamModel<PredictionValues> model = model(kernels, maker);
    StreamRunner<PredictionValues> every = model.newRunner();
    StreamRunner<PredictionValues> last = model.predictingAt(PredictAt.LAST_STEP).newRunner();
    float[] steps = steps(900);
    for (int longest : new int[] {1, 7, 300, 900}) {
      List<TestSequence> expected = sequences(every, steps);
      List<TestSequence> found = sequences(last, steps);
      while (found.stream().anyMatch(s -> s.left() > 0)) {
        int[] counts =
            found.stream().mapToInt(s -> Math.min(s.left(), random.nextInt(longest + 1))).toArray();
        List<BatchItem<PredictionValues>> all = advance(every, expected, counts);
        List<BatchItem<PredictionValues>> ends = advance(last, found, counts);
        for (int b = 0; b < all.size(); b++) {
          int size = all.get(b).predictions.size();
          assertThat(ends.get(b).predictions)
              .isEqualTo(all.get(b).predictions.subList(Math.max(0, size - 1), size));
          assertThat(ends.get(b).state).isEqualTo(all.get(b).state);
        }
      }
    }
  }

  private static List<TestSequence> sequences(
      StreamRunner<PredictionValues> runner, float[] steps) {
    List<TestSequence> sequences = new ArrayList<>();
    for (int length : new int[] {0, 1, 130, 700, 900}) {
      sequences.add(new TestSequence(runner, FORMAT, Arrays.copyOf(steps, 3 * length)));
    }
    return sequences;
  }

  @Test
  void theHeadOfALongCatchUpIsComputedOnceWhereOnlyTheLastStepIsPredicted() {
    Kernels kernels = TestBackends.all().findFirst().orElseThrow();
    Recorded network = new Recorded(lru(kernels, LRUS.get(0)));
    StreamModel<PredictionValues> every =
        new RecurrentStreamModel(new ModelInfo("drawn", "1", "drawn", "0"), network);
    StreamRunner<PredictionValues> runner = every.predictingAt(PredictAt.LAST_STEP).newRunner();
    advance(runner, sequences(runner, steps(900)), 0, 1, 130, 700, 900);
    assertThat(network.heads).isEqualTo(5);
    assertThat(network.steps).isEqualTo(1 + 130 + 700 + 900);
    advance(every.newRunner(), sequences(runner, steps(900)), 0, 1, 130, 700, 900);
    assertThat(network.heads).isEqualTo(5 + 1 + 130 + 700 + 900);
  }

  /** Counts the steps of a network, and the rows for which it computes its head. */
  private static final class Recorded implements RecurrentModel {
    private final RecurrentModel network;
    private int steps;
    private int heads;

    Recorded(RecurrentModel network) {
      this.network = network;
    }

    @Override
    public Kernels kernels() {
      return network.kernels();
    }

    @Override
    public int inputs() {
      return network.inputs();
    }

    @Override
    public int[] outputShape() {
      return network.outputShape();
    }

    @Override
    public int[] stateSizes() {
      return network.stateSizes();
    }

    @Override
    public void advance(
        Block block, RecurrentState state, PredictAt predictAt, Tensor y, Scratch work) {
      network.advance(block, state, predictAt, y, work);
      steps += block.rows();
      heads +=
          switch (predictAt) {
            case EVERY_STEP -> block.rows();
            case LAST_STEP -> block.count();
            case NO_STEP -> 0;
          };
    }
  }

  @ParameterizedTest
  @MethodSource("models")
  void noAnswerKnowsTheFuture(Kernels kernels, Maker maker) {
    StreamRunner<PredictionValues> runner = model(kernels, maker).newRunner();
    float[] steps = steps(50);
    TestSequence one = new TestSequence(runner, FORMAT, steps);
    one.advance(runner, 50);
    float[] changed = steps.clone();
    changed[20 * 3] += 1;
    TestSequence other = new TestSequence(runner, FORMAT, changed);
    other.advance(runner, 50);

    assertThat(other.predictions.subList(0, 20)).isEqualTo(one.predictions.subList(0, 20));
    // further on a forget gate may have lost it to rounding
    for (int t = 20; t < 25; t++) {
      assertThat(other.predictions.get(t)).as("step %d", t).isNotEqualTo(one.predictions.get(t));
    }
  }

  @ParameterizedTest
  @MethodSource("lrus")
  void everyStepOfAnLruBringsOneDistributionAtItsPosition(Kernels kernels, LruConfig config) {
    StreamRunner<PredictionValues> runner = model(kernels, k -> lru(k, config)).newRunner();
    TestSequence sequence = new TestSequence(runner, FORMAT, steps(5));
    sequence.advance(runner, 2);
    sequence.finish(runner);

    assertThat(sequence.predictions)
        .extracting(Prediction::position)
        .containsExactly(1L, 2L, 3L, 4L, 5L);
    int width = config.multidim() > 1 ? config.multidim() : config.dOutput();
    for (Prediction<PredictionValues> output : sequence.predictions) {
      float[] values = output.value().values();
      assertThat(values).hasSize(config.dOutput() * config.multidim());
      for (int i = 0; i < values.length; i += width) {
        double sum = 0;
        for (float logProbability : Arrays.copyOfRange(values, i, i + width)) {
          sum += Math.exp(logProbability);
        }
        assertThat(sum).isBetween(0.99999, 1.00001);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("models")
  void rowsWithoutStepsChangeNothing(Kernels kernels, Maker maker) {
    StreamRunner<PredictionValues> runner = model(kernels, maker).newRunner();
    TestSequence sequence = new TestSequence(runner, FORMAT, steps(3));
    sequence.advance(runner, 3);
    byte[] before = sequence.state.clone();
    sequence.advance(runner, 0);
    sequence.finish(runner);
    assertThat(sequence.state).isEqualTo(before);
    assertThat(sequence.predictions).hasSize(3);
    runner.advance(List.of());
  }

  @ParameterizedTest
  @MethodSource("models")
  void stateThatThisModelDidNotWriteIsRefused(Kernels kernels, Maker maker) {
    StreamRunner<PredictionValues> runner = model(kernels, maker).newRunner();
    byte[] state = runner.open(FORMAT);
    byte[] version = state.clone();
    version[0] = 9;
    byte[] precision = state.clone();
    precision[1] = (byte) (12 - precision[1]);
    byte[] shorter = Arrays.copyOf(state, state.length - 1);

    refuses(runner, new byte[0], "no byte came");
    refuses(runner, version, "reads states of version 1, but version 9 came");
    refuses(runner, precision, "Use the backend that wrote the state");
    refuses(runner, shorter, "Another model wrote the state");
  }

  @ParameterizedTest
  @MethodSource("models")
  void aRefusedBatchLeavesItsRowsAsTheyWere(Kernels kernels, Maker maker) {
    StreamRunner<PredictionValues> runner = model(kernels, maker).newRunner();
    byte[] state = runner.open(FORMAT);
    BatchItem<PredictionValues> good = new BatchItem<>(FORMAT, state.clone(), steps(2), 0, 2);
    BatchItem<PredictionValues> bad = new BatchItem<>(FORMAT, new byte[3], steps(2), 0, 2);
    assertThatThrownBy(() -> runner.advance(List.of(good, bad))).isInstanceOf(StateException.class);
    assertThat(good.state).isEqualTo(state);
    assertThat(good.predictions).isEmpty();
  }

  @Test
  void stepsOfAnotherWidthAreRefused() {
    Kernels kernels = TestBackends.all().findFirst().orElseThrow();
    StreamModel<PredictionValues> model = model(kernels, k -> lru(k, LRUS.get(0)));
    assertThatThrownBy(() -> model.check(new Format(0, 4)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("reads 3 values per step, but the sequence brings 4");
  }

  @ParameterizedTest
  @MethodSource("models")
  void aValueThatIsNotFiniteIsRefusedWithItsPlaceAndNothingChanges(Kernels kernels, Maker maker) {
    StreamRunner<PredictionValues> runner = model(kernels, maker).newRunner();
    TestSequence sequence = new TestSequence(runner, FORMAT, steps(7));
    sequence.advance(runner, 5);
    byte[] before = sequence.state.clone();
    for (float bad : new float[] {Float.NaN, Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY}) {
      float[] steps = steps(2);
      steps[3 + 2] = bad;
      BatchItem<PredictionValues> good =
          new BatchItem<>(FORMAT, runner.open(FORMAT), steps(2), 0, 2);
      BatchItem<PredictionValues> item = new BatchItem<>(FORMAT, sequence.state, steps, 0, 2);
      assertThatThrownBy(() -> runner.advance(List.of(good, item)))
          .isInstanceOf(InputException.class)
          .hasMessage("Step 6 of the sequence must be finite, but value 2 is " + bad + ".");
      assertThat(item.state).isEqualTo(before);
      assertThat(item.predictions).isEmpty();
      assertThat(good.predictions).isEmpty();
    }
  }

  @Test
  void stepsWithoutTheirValuesAreRefused() {
    assertThatThrownBy(() -> new BatchItem<>(FORMAT, new byte[0], new float[11], 3, 3))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(
            "Expected 12 values for 3 steps of 3 values from index 3 on, found 11");
    for (int negative : new int[] {-1, Integer.MIN_VALUE}) {
      assertThatThrownBy(() -> new BatchItem<>(FORMAT, new byte[0], new float[11], 0, negative))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> new BatchItem<>(FORMAT, new byte[0], new float[11], negative, 1))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  private static void refuses(StreamRunner<PredictionValues> runner, byte[] state, String why) {
    BatchItem<PredictionValues> item = new BatchItem<>(FORMAT, state, new float[3], 0, 1);
    assertThatThrownBy(() -> runner.advance(List.of(item)))
        .isInstanceOf(StateException.class)
        .hasMessageContaining(why);
  }

  private static StreamModel<PredictionValues> model(Kernels kernels, Maker maker) {
    return new RecurrentStreamModel(
        new ModelInfo("drawn", "1", "drawn", "0"), maker.apply(kernels));
  }

  private static RecurrentModel lru(Kernels kernels, LruConfig config) {
    byte[] weights = LruInit.draw(config, 0.5, 0.99, 6.28, 5).toBytes();
    return new Lru(kernels, config, Weights.of(Safetensors.parse(weights, "drawn")));
  }

  private float[] steps(int count) {
    float[] values = new float[count * 3];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  /** Advances each sequence by the number of steps at its index; returns the batch items. */
  private static List<BatchItem<PredictionValues>> advance(
      StreamRunner<PredictionValues> runner, List<TestSequence> all, int... counts) {
    List<BatchItem<PredictionValues>> items = new ArrayList<>();
    for (int b = 0; b < all.size(); b++) {
      items.add(all.get(b).next(counts[b]));
    }
    runner.advance(items);
    TestSequence.take(all, items);
    return items;
  }

  /** Advances some sequences, in a random order, each by a random number of steps. */
  private static void advanceSome(
      StreamRunner<PredictionValues> runner, List<TestSequence> all, Random random) {
    List<TestSequence> some = new ArrayList<>(all);
    Collections.shuffle(some, random);
    some = some.subList(0, 1 + random.nextInt(all.size()));
    int[] counts = some.stream().mapToInt(s -> random.nextInt(Math.min(9, s.left()) + 1)).toArray();
    advance(runner, some, counts);
  }
}
