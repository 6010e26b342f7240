package dev.riffle.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.PackedSequences;
import dev.riffle.kernels.Tensor;
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
 * What holds of every model of windows, alone and in a stream. A family's test extends it and names
 * models. Equality here is that of bits: scores and states are compared as arrays, without
 * tolerance.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class WindowContract {
  private final Random random = new Random(17);

  /**
   * A model to test.
   *
   * @param length of its windows; any from 8 on that it takes
   */
  public record Case(String name, int length, Function<Kernels, WindowModel> maker) {}

  /** The models; they take windows of one step to {@code length}. */
  protected abstract List<Case> cases();

  Stream<Arguments> models() {
    return TestBackends.all()
        .flatMap(k -> cases().stream().map(c -> Arguments.of(k, Named.of(c.name, c))));
  }

  /** Each model, with one window, and with windows that overlap, lie side by side and lie apart. */
  Stream<Arguments> streams() {
    return TestBackends.all()
        .flatMap(
            k ->
                cases().stream()
                    .flatMap(
                        c ->
                            Stream.of(0, c.length / 5, c.length / 2 - 1, c.length, c.length + 3)
                                .map(stride -> new WindowOptions(c.length, stride))
                                .map(o -> Arguments.of(k, Named.of(c.name, c), o))));
  }

  // ---------------------------------------------------------------- windows

  @ParameterizedTest
  @MethodSource("models")
  void aBatchOfOneBinEqualsItsWindows(Kernels kernels, Case c) {
    WindowModel model = c.maker.apply(kernels);
    int bin = model.bin(c.length);
    List<Integer> lengths = new ArrayList<>();
    for (int length = c.length; length >= 1 && lengths.size() < 7; length -= 1 + length / 5) {
      if (model.bin(length) == bin) {
        lengths.add(length);
      }
    }
    lengths.add(c.length);
    Collections.shuffle(lengths, random);
    List<float[]> windows = lengths.stream().map(n -> steps(model, n)).toList();
    Scratch work = new Scratch(kernels);
    float[] together = forward(model, windows, work);
    int at = 0;
    for (float[] window : windows) {
      float[] alone = forward(model, List.of(window), work);
      assertThat(Arrays.copyOfRange(together, at, at + alone.length)).isEqualTo(alone);
      at += alone.length;
    }
    assertThat(together).hasSize(at).doesNotContain(Float.NaN);
  }

  @ParameterizedTest
  @MethodSource("models")
  void everyLengthDownToOneStepIsAnswered(Kernels kernels, Case c) {
    WindowModel model = c.maker.apply(kernels);
    model.check(c.length);
    Scratch work = new Scratch(kernels);
    for (int length = 1; length <= c.length; length += 1 + length / 3) {
      float[] answers = forward(model, List.of(steps(model, length)), work);
      assertThat(answers).as("%d steps", length).doesNotContain(Float.NaN);
    }
  }

  @ParameterizedTest
  @MethodSource("models")
  void aWindowIsMadeOfASaneNumberOfSteps(Kernels kernels, Case c) {
    WindowModel model = c.maker.apply(kernels);
    assertThatThrownBy(() -> model.check(0)).isInstanceOf(InputException.class);
    assertThat(model.values(c.length)).isGreaterThanOrEqualTo(c.length);
    assertThat(model.outputShape()).hasSizeGreaterThan(0);
    assertThat(Arrays.stream(model.outputShape()).reduce(1, (a, b) -> a * b))
        .isEqualTo(model.outputs());
  }

  /** Of a batch of three windows, NaN in the middle one: an error, or its own answer. */
  @ParameterizedTest
  @MethodSource("models")
  void whatIsNotANumberIsRefusedOrSeenInItsWindowAlone(Kernels kernels, Case c) {
    WindowModel model = c.maker.apply(kernels);
    List<float[]> windows =
        List.of(steps(model, c.length), steps(model, c.length), steps(model, c.length));
    Scratch work = new Scratch(kernels);
    float[] clean = forward(model, windows, work);
    windows.get(1)[2 * model.inputs()] = Float.NaN;
    float[] spoilt;
    try {
      spoilt = forward(model, windows, work);
    } catch (InputException e) {
      assertThat(e).hasMessageContaining("NaN").hasMessageContaining("row " + (c.length + 2));
      return;
    }
    int size = clean.length / 3;
    assertThat(Arrays.copyOf(spoilt, size)).isEqualTo(Arrays.copyOf(clean, size));
    assertThat(Arrays.copyOfRange(spoilt, size, 2 * size)).contains(Float.NaN);
    assertThat(Arrays.copyOfRange(spoilt, 2 * size, 3 * size))
        .isEqualTo(Arrays.copyOfRange(clean, 2 * size, 3 * size));
  }

  @ParameterizedTest
  @MethodSource("models")
  void anEmptyWindowAndMissingValuesAreRefused(Kernels kernels, Case c) {
    WindowModel model = c.maker.apply(kernels);
    float[] some = steps(model, c.length);
    assertThatThrownBy(
            () -> forward(model, List.of(some, new float[0], some), new Scratch(kernels)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("Window 1 of the batch has no steps");
    int[] starts = {0, c.length + 1};
    assertThatThrownBy(() -> new WindowBatch(some, model.inputs(), new PackedSequences(starts, 1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("take " + (c.length + 1) + " steps")
        .hasMessageContaining("there are " + some.length + " values");
  }

  // ---------------------------------------------------------------- streams

  @ParameterizedTest
  @MethodSource("streams")
  void aStreamTellsWhatTheWindowsTell(Kernels kernels, Case c, WindowOptions options) {
    WindowModel model = c.maker.apply(kernels);
    StreamRunner<PredictionValues> runner = stream(model, options).newRunner();
    for (int count : new int[] {1, c.length - 1, c.length, c.length + 1, 3 * c.length + 5}) {
      TestSequence sequence = sequence(model, runner, steps(model, count));
      sequence.finish(runner);
      assertThat(sequence.predictions)
          .as("%d steps", count)
          .isEqualTo(expected(model, options, sequence));
    }
  }

  @ParameterizedTest
  @MethodSource("streams")
  void aSequenceInAnyChunkingIsTheWholeSequence(Kernels kernels, Case c, WindowOptions options) {
    WindowModel model = c.maker.apply(kernels);
    StreamRunner<PredictionValues> runner = stream(model, options).newRunner();
    float[] steps = steps(model, 2 * c.length + 7);
    TestSequence whole = sequence(model, runner, steps);
    whole.advance(runner, whole.left());
    byte[] state = whole.state;
    whole.finish(runner);
    for (int longest : new int[] {1, 5, c.length + 3}) {
      TestSequence chunked = sequence(model, runner, steps);
      while (chunked.left() > 0) {
        int most = Math.min(longest, chunked.left());
        chunked.advance(runner, longest == 1 ? 1 : random.nextInt(most + 1));
      }
      assertThat(chunked.state).isEqualTo(state);
      chunked.finish(runner);
      assertThat(chunked.predictions).isEqualTo(whole.predictions);
    }
  }

  @ParameterizedTest
  @MethodSource("streams")
  void aBatchEqualsItsRows(Kernels kernels, Case c, WindowOptions options) {
    WindowModel model = c.maker.apply(kernels);
    StreamRunner<PredictionValues> alone = stream(model, options).newRunner();
    StreamRunner<PredictionValues> together = stream(model, options).newRunner();
    List<TestSequence> expected = new ArrayList<>();
    List<TestSequence> found = new ArrayList<>();
    for (int b = 0; b < 5; b++) {
      float[] steps = steps(model, random.nextInt(2 * c.length + 2));
      expected.add(sequence(model, alone, steps));
      found.add(sequence(model, together, steps));
      expected.get(b).finish(alone);
    }
    for (int round = 0; round < 4; round++) {
      List<BatchItem<PredictionValues>> items = new ArrayList<>();
      for (TestSequence sequence : found) {
        items.add(sequence.next(random.nextInt(sequence.left() + 1)));
      }
      together.advance(items);
      TestSequence.take(found, items);
    }
    List<BatchItem<PredictionValues>> items = new ArrayList<>();
    found.forEach(sequence -> items.add(sequence.next(sequence.left())));
    together.finish(items);
    TestSequence.take(found, items);
    for (int b = 0; b < found.size(); b++) {
      assertThat(found.get(b).predictions).isEqualTo(expected.get(b).predictions);
      assertThat(found.get(b).state).isEqualTo(expected.get(b).state);
    }
  }

  @ParameterizedTest
  @MethodSource("models")
  void whatIsNoStepIsRefusedWhenItComes(Kernels kernels, Case c) {
    WindowModel model = c.maker.apply(kernels);
    StreamRunner<PredictionValues> runner = stream(model, WindowOptions.of(c.length)).newRunner();
    TestSequence sequence = sequence(model, runner, steps(model, 5));
    sequence.advance(runner, 3);
    byte[] before = sequence.state.clone();
    float[] bad =
        model.tokens() > 0
            ? new float[] {-1, 0.5f, model.tokens(), Float.NaN}
            : new float[] {Float.NaN, Float.NEGATIVE_INFINITY};
    for (float value : bad) {
      float[] steps = steps(model, 2);
      steps[model.inputs()] = value; // the first value of the second step
      BatchItem<PredictionValues> item =
          new BatchItem<>(new Format(0, model.inputs()), sequence.state, steps, 0, 2);
      assertThatThrownBy(() -> runner.advance(List.of(item)))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("Step 4 of the sequence must be")
          .hasMessageContaining("is " + value);
      assertThat(item.state).isEqualTo(before);
      assertThat(item.predictions).isEmpty();
    }
  }

  // ---------------------------------------------------------------- helpers

  /** What a sequence is to be told, computed window by window. */
  private static List<Prediction<PredictionValues>> expected(
      WindowModel model, WindowOptions options, TestSequence sequence) {
    int count = sequence.steps.length / model.inputs();
    int stride =
        options.stride() == 0 ? 1 << 20 : options.stride(); // longer than any sequence here
    int margin = Math.max(0, options.length() - stride) / 2;
    List<Prediction<PredictionValues>> all = new ArrayList<>();
    Scratch work = new Scratch(model.kernels());
    int told = 0; // steps before it have been spoken of
    for (int begin = 0; begin < count; begin += stride) {
      int end = Math.min(count, begin + options.length());
      boolean full = end == begin + options.length();
      told = Math.max(told, begin);
      if (!full && told >= count) {
        continue;
      }
      float[] window =
          Arrays.copyOfRange(sequence.steps, begin * model.inputs(), end * model.inputs());
      float[] y = forward(model, List.of(window), work);
      if (!model.predictsEachStep()) {
        all.add(
            new Prediction<>(
                end, new PredictionValues(y, model.outputShape(), begin, end - begin)));
        told = end;
      } else {
        int to = full ? Math.min(end, begin + margin + stride) : end;
        for (; told < to; told++) {
          int at = (told - begin) * model.outputs();
          float[] answer = Arrays.copyOfRange(y, at, at + model.outputs());
          all.add(
              new Prediction<>(end, new PredictionValues(answer, model.outputShape(), told, 1)));
        }
      }
      if (!full) {
        break;
      }
    }
    return all;
  }

  private static float[] forward(WindowModel model, List<float[]> windows, Scratch work) {
    int[] starts = new int[windows.size() + 1];
    for (int b = 0; b < windows.size(); b++) {
      starts[b + 1] = starts[b] + windows.get(b).length / model.inputs();
    }
    int rows = starts[windows.size()];
    float[] values = new float[rows * model.inputs()];
    for (int b = 0; b < windows.size(); b++) {
      System.arraycopy(
          windows.get(b), 0, values, starts[b] * model.inputs(), windows.get(b).length);
    }
    int answers = (model.predictsEachStep() ? rows : windows.size()) * model.outputs();
    Tensor y = model.kernels().allocate(answers);
    model.forward(
        new WindowBatch(values, model.inputs(), new PackedSequences(starts, windows.size())),
        y,
        work);
    float[] read = new float[answers];
    model.kernels().read(y, 0, read, 0, answers);
    return read;
  }

  private static StreamModel<PredictionValues> stream(WindowModel model, WindowOptions options) {
    return new WindowStreamModel(new ModelInfo("drawn", "1", "drawn", "0"), model, options);
  }

  private float[] steps(WindowModel model, int count) {
    float[] values = new float[count * model.inputs()];
    for (int i = 0; i < values.length; i++) {
      values[i] =
          model.tokens() > 0 ? random.nextInt(model.tokens()) : (float) random.nextGaussian();
    }
    return values;
  }

  private static TestSequence sequence(
      WindowModel model, StreamRunner<PredictionValues> runner, float[] steps) {
    return new TestSequence(runner, new Format(0, model.inputs()), steps);
  }
}
