package dev.riffle.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.Tensor;
import dev.riffle.models.lru.DrawnLru;
import dev.riffle.models.lru.LruConfig;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What {@link RecurrentContract} does not ask of every model. */
class RecurrentStreamModelTest {
  private final Random random = new Random(11);

  static Stream<Arguments> lrus() {
    return TestBackends.all().flatMap(k -> DrawnLru.CONFIGS.stream().map(c -> Arguments.of(k, c)));
  }

  @Test
  void theHeadOfALongCatchUpIsComputedOnceWhereOnlyTheLastStepIsPredicted() {
    Kernels kernels = TestBackends.all().findFirst().orElseThrow();
    Recorded network = new Recorded(DrawnLru.draw(kernels, DrawnLru.CONFIGS.get(0)));
    StreamModel<PredictionValues> every =
        new RecurrentStreamModel(new ModelInfo("drawn", "1", "drawn", "0"), network);
    StreamRunner<PredictionValues> runner = every.predictingAt(PredictAt.LAST_STEP).newRunner();
    RecurrentContract.advance(
        runner,
        RecurrentContract.sequences(runner, RecurrentContract.steps(random, 900)),
        0,
        1,
        130,
        700,
        900);
    assertThat(network.heads).isEqualTo(5);
    assertThat(network.steps).isEqualTo(1 + 130 + 700 + 900);
    RecurrentContract.advance(
        every.newRunner(),
        RecurrentContract.sequences(runner, RecurrentContract.steps(random, 900)),
        0,
        1,
        130,
        700,
        900);
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
  @MethodSource("lrus")
  void everyStepOfAnLruBringsOneDistributionAtItsPosition(Kernels kernels, LruConfig config) {
    StreamRunner<PredictionValues> runner = model(kernels, config).newRunner();
    TestSequence sequence =
        new TestSequence(runner, RecurrentContract.FORMAT, RecurrentContract.steps(random, 5));
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

  @Test
  void stepsOfAnotherWidthAreRefused() {
    Kernels kernels = TestBackends.all().findFirst().orElseThrow();
    StreamModel<PredictionValues> model = model(kernels, DrawnLru.CONFIGS.get(0));
    assertThatThrownBy(() -> model.check(new Format(0, 4)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("reads 3 values per step, but the sequence brings 4");
  }

  @Test
  void stepsWithoutTheirValuesAreRefused() {
    assertThatThrownBy(
            () -> new BatchItem<>(RecurrentContract.FORMAT, new byte[0], new float[11], 3, 3))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(
            "Expected 12 values for 3 steps of 3 values from index 3 on, found 11");
    for (int negative : new int[] {-1, Integer.MIN_VALUE}) {
      assertThatThrownBy(
              () ->
                  new BatchItem<>(
                      RecurrentContract.FORMAT, new byte[0], new float[11], 0, negative))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(
              () ->
                  new BatchItem<>(
                      RecurrentContract.FORMAT, new byte[0], new float[11], negative, 1))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  private static StreamModel<PredictionValues> model(Kernels kernels, LruConfig config) {
    return new RecurrentStreamModel(
        new ModelInfo("drawn", "1", "drawn", "0"), DrawnLru.draw(kernels, config));
  }
}
