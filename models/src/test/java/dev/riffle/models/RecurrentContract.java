package dev.riffle.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.riffle.kernels.Kernels;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What holds for every recurrent model in a stream. The test of a family extends it and names
 * models. Equality here is that of bits: predictions and states are compared without tolerance.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class RecurrentContract {
  static final Format FORMAT = new Format(0, 3);

  private final Random random = new Random(11);

  /**
   * A model to test.
   *
   * @param maker creates it on a backend; it reads 3 values per step
   */
  public record Case(String name, Function<Kernels, RecurrentModel> maker) {}

  /** The models. */
  protected abstract List<Case> cases();

  Stream<Arguments> models() {
    return TestBackends.all()
        .flatMap(k -> cases().stream().map(c -> Arguments.of(k, Named.of(c.name, c))));
  }

  @ParameterizedTest
  @MethodSource("models")
  void aSequenceInAnyChunkingIsTheWholeSequence(Kernels kernels, Case c) {
    StreamRunner<PredictionValues> runner = model(kernels, c).newRunner();
    float[] steps = steps(random, 301);
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
  void aBatchEqualsItsSequences(Kernels kernels, Case c) {
    StreamModel<PredictionValues> model = model(kernels, c);
    StreamRunner<PredictionValues> alone = model.newRunner();
    StreamRunner<PredictionValues> together = model.newRunner();
    for (int batch : new int[] {1, 2, 7, 64}) {
      List<TestSequence> expected = new ArrayList<>();
      List<TestSequence> found = new ArrayList<>();
      for (int b = 0; b < batch; b++) {
        float[] steps = steps(random, random.nextInt(40));
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
  void aCatchUpLongerThanTheWorkMemoryIsTheSame(Kernels kernels, Case c) {
    StreamRunner<PredictionValues> runner = model(kernels, c).newRunner();
    float[] steps = steps(random, 9000);
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
  void lastStepPredictionsAreTheLastOfEveryStepInAnyChunking(Kernels kernels, Case c) {
    StreamModel<PredictionValues> model = model(kernels, c);
    StreamRunner<PredictionValues> every = model.newRunner();
    StreamRunner<PredictionValues> last = model.predictingAt(PredictAt.LAST_STEP).newRunner();
    float[] steps = steps(random, 900);
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

  static List<TestSequence> sequences(StreamRunner<PredictionValues> runner, float[] steps) {
    List<TestSequence> sequences = new ArrayList<>();
    for (int length : new int[] {0, 1, 130, 700, 900}) {
      sequences.add(new TestSequence(runner, FORMAT, Arrays.copyOf(steps, 3 * length)));
    }
    return sequences;
  }

  @ParameterizedTest
  @MethodSource("models")
  void noPredictionDependsOnLaterSteps(Kernels kernels, Case c) {
    StreamRunner<PredictionValues> runner = model(kernels, c).newRunner();
    float[] steps = steps(random, 50);
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
  @MethodSource("models")
  void itemsWithoutStepsChangeNothing(Kernels kernels, Case c) {
    StreamRunner<PredictionValues> runner = model(kernels, c).newRunner();
    TestSequence sequence = new TestSequence(runner, FORMAT, steps(random, 3));
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
  void stateThatThisModelDidNotWriteIsRefused(Kernels kernels, Case c) {
    StreamRunner<PredictionValues> runner = model(kernels, c).newRunner();
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
  void aRefusedBatchLeavesItsItemsUnchanged(Kernels kernels, Case c) {
    StreamRunner<PredictionValues> runner = model(kernels, c).newRunner();
    byte[] state = runner.open(FORMAT);
    BatchItem<PredictionValues> good =
        new BatchItem<>(FORMAT, state.clone(), steps(random, 2), 0, 2);
    BatchItem<PredictionValues> bad = new BatchItem<>(FORMAT, new byte[3], steps(random, 2), 0, 2);
    assertThatThrownBy(() -> runner.advance(List.of(good, bad))).isInstanceOf(StateException.class);
    assertThat(good.state).isEqualTo(state);
    assertThat(good.predictions).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("models")
  void aValueThatIsNotFiniteIsRefusedWithItsPlaceAndNothingChanges(Kernels kernels, Case c) {
    StreamRunner<PredictionValues> runner = model(kernels, c).newRunner();
    TestSequence sequence = new TestSequence(runner, FORMAT, steps(random, 7));
    sequence.advance(runner, 5);
    byte[] before = sequence.state.clone();
    for (float bad : new float[] {Float.NaN, Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY}) {
      float[] steps = steps(random, 2);
      steps[3 + 2] = bad;
      BatchItem<PredictionValues> good =
          new BatchItem<>(FORMAT, runner.open(FORMAT), steps(random, 2), 0, 2);
      BatchItem<PredictionValues> item = new BatchItem<>(FORMAT, sequence.state, steps, 0, 2);
      assertThatThrownBy(() -> runner.advance(List.of(good, item)))
          .isInstanceOf(InputException.class)
          .hasMessage("Step 6 of the sequence must be finite, but value 2 is " + bad + ".");
      assertThat(item.state).isEqualTo(before);
      assertThat(item.predictions).isEmpty();
      assertThat(good.predictions).isEmpty();
    }
  }

  private static void refuses(StreamRunner<PredictionValues> runner, byte[] state, String why) {
    BatchItem<PredictionValues> item = new BatchItem<>(FORMAT, state, new float[3], 0, 1);
    assertThatThrownBy(() -> runner.advance(List.of(item)))
        .isInstanceOf(StateException.class)
        .hasMessageContaining(why);
  }

  private static StreamModel<PredictionValues> model(Kernels kernels, Case c) {
    return new RecurrentStreamModel(
        new ModelInfo("drawn", "1", "drawn", "0"), c.maker.apply(kernels));
  }

  static float[] steps(Random random, int count) {
    float[] values = new float[count * 3];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  /** Advances each sequence by the number of steps at its index; returns the batch items. */
  static List<BatchItem<PredictionValues>> advance(
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
