package dev.riffle.kernels;

import static dev.riffle.kernels.TestValues.random;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Collections;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What every backend promises. A backend inherits this and names itself:
 *
 * <pre>
 *   final class MyKernelsTest extends KernelsContract {
 *     protected Kernels kernels() { return Backends.find("mine"); }
 *   }
 * </pre>
 *
 * <p>Each operation is run on the backend and on {@code reference} and both results are compared;
 * then each operation is run on a row alone and on the same row among others, and the bits are
 * compared.
 */
public abstract class KernelsContract {
  private static final int[] ROWS = {0, 1, 2, 7, 64};

  private final Kernels kernels = kernels();
  private final Kernels reference = Backends.find("reference");

  /** The backend under test. */
  protected abstract Kernels kernels();

  /** Allowed difference from {@code reference}, relative to the size of the result or to 1. */
  protected double tolerance() {
    return 2e-5;
  }

  /**
   * Whether a row of a product has the same bits in any batch, which only {@link
   * Kernels#forWindows} may give up.
   */
  protected boolean rowsKeepTheirBits() {
    return true;
  }

  // ------------------------------------------------------ equals the reference

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 17, 128, 192, 264, 704})
  void linearEqualsTheReference(int inputs) {
    for (int outputs : new int[] {1, 3, 17, 128, 192, 264, 704}) {
      for (int rows : new int[] {0, 1, 2, 7}) {
        equalsReference(rows * outputs, (k, y) -> linear(k, inputs, outputs, rows, y));
      }
    }
    equalsReference(64 * 264, (k, y) -> linear(k, inputs, 264, 64, y));
  }

  @Test
  void linearWithoutBiasEqualsTheReference() {
    equalsReference(
        3 * 17,
        (k, y) -> {
          Kernels.Linear w = k.linear(random(1, 17 * 5), null, 17, 5);
          assertThat(w.outputs()).isEqualTo(17);
          assertThat(w.inputs()).isEqualTo(5);
          k.linear(w, k.constant(random(2, 15)), y, 3);
        });
  }

  @ParameterizedTest
  @EnumSource(Activation.class)
  void activationsEqualTheReference(Activation f) {
    double[] x = IntStream.range(-4000, 4001).mapToDouble(i -> i / 40.0).toArray(); // [-100, 100]
    // the exponential of 89 is the first that a float may not hold
    int most = f == Activation.EXP ? 7521 : x.length;
    for (int count : new int[] {0, 1, 3, 17, most}) {
      equalsReference(
          count,
          (k, y) -> {
            k.activate(f, k.constant(x), y, count);
          });
    }
  }

  @Test
  void activationsSaturateAndKeepNaN() {
    double inf = Double.POSITIVE_INFINITY;
    for (int at : new int[] {0, 40}) {
      double[] x = new double[41];
      x[at] = inf;
      assertThat(activate(Activation.SIGMOID, x)[at]).isEqualTo(1);
      assertThat(activate(Activation.TANH, x)[at]).isEqualTo(1);
      assertThat(activate(Activation.EXP, x)[at]).isEqualTo(inf);
      assertThat(activate(Activation.SOFTPLUS, x)[at]).isEqualTo(inf);
      assertThat(activate(Activation.GELU_TANH, x)[at]).isEqualTo(inf);
      assertThat(activate(Activation.GELU, x)[at]).isEqualTo(inf);
      assertThat(activate(Activation.RELU, x)[at]).isEqualTo(inf);
      x[at] = -inf;
      assertThat(activate(Activation.SIGMOID, x)[at]).isZero();
      assertThat(activate(Activation.TANH, x)[at]).isEqualTo(-1);
      assertThat(activate(Activation.EXP, x)[at]).isBetween(0.0, 1e-37);
      assertThat(activate(Activation.SOFTPLUS, x)[at]).isZero();
      assertThat(activate(Activation.RELU, x)[at]).isZero();
      x[at] = 3e38;
      assertThat(activate(Activation.SIGMOID, x)[at]).isEqualTo(1);
      x[at] = -3e38;
      assertThat(activate(Activation.SIGMOID, x)[at]).isZero();
      assertThat(activate(Activation.GELU_TANH, x)[at]).isZero();
      assertThat(activate(Activation.GELU, x)[at]).isEqualTo(0, Offset.offset(1e-30));
      x[at] = Double.NaN;
      for (Activation f : Activation.values()) {
        assertThat(activate(f, x)[at]).isNaN();
        assertThat(activate(f, x)[1]).isEqualTo(ofZero(f), within());
      }
    }
  }

  private static double ofZero(Activation f) {
    return switch (f) {
      case SIGMOID -> 0.5;
      case EXP -> 1;
      case SOFTPLUS -> Math.log(2);
      default -> 0;
    };
  }

  @Test
  void activationsOfSmallNumbersKeepTheirDigits() {
    double[] x = {1e-30, -1e-30, 1e-8, -1e-8, 1e-4, -1e-4};
    double[] y = activate(Activation.GELU_TANH, x);
    for (int i = 0; i < x.length; i++) {
      double expected = 0.5 * x[i] * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * x[i]));
      assertThat(y[i] / expected).isBetween(1 - 1e-5, 1 + 1e-5);
    }
  }

  @Test
  void geluKeepsTheDigitsOfSmallNumbers() {
    double[] x = {1e-30, -1e-30, 1e-8, -1e-8, 1e-4, -1e-4};
    double[] y = activate(Activation.GELU, x);
    for (int i = 0; i < x.length; i++) {
      // erf(z) = 2/sqrt(pi) z + O(z^3)
      double expected = 0.5 * x[i] * (1 + x[i] * Math.sqrt(2 / Math.PI));
      assertThat(y[i] / expected).isBetween(1 - 1e-6, 1 + 1e-6);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 17, 128, 192, 264, 704})
  void theOtherOperationsOnRowsEqualTheReference(int width) {
    for (int rows : ROWS) {
      for (RowOperation operation : RowOperation.values()) {
        equalsReference(rows * width, (k, y) -> operation.run(k, rows, width, 0, y));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 17, 128})
  void recurrenceEqualsTheReference(int width) {
    for (int[] starts : new int[][] {{0}, {0, 0}, {0, 1}, {0, 3, 3, 10}, {0, 0, 64, 65}}) {
      for (int groups : new int[] {1, 3}) {
        int sequences = starts.length - 1;
        int size = groups * 2 * width;
        int rows = starts[sequences];
        equalsReference(
            (rows + sequences) * size,
            (k, y) -> {
              Tensor u = y.view(0, rows * size);
              Tensor state = y.view(rows * size, sequences * size);
              k.write(random(1, rows * size), 0, u, 0, rows * size);
              k.write(random(2, sequences * size), 0, state, 0, sequences * size);
              k.recurrence(
                  lambda(k, width), u, new PackedSequences(starts, sequences), state, groups);
            });
      }
    }
  }

  @Test
  void recurrenceTakesAnyFiniteLambda() {
    equalsReference(
        4 * 2 * 5,
        (k, y) -> {
          Kernels.Diagonal lambda =
              k.diagonal(new double[] {0, 1, -1, 0, 2}, new double[] {0, 0, 0, 1, -2});
          assertThat(lambda.width()).isEqualTo(5);
          k.write(random(1, 40), 0, y, 0, 40);
          k.recurrence(lambda, y, PackedSequences.of(0, 4), k.allocate(10), 1);
        });
  }

  @Test
  void gatherEqualsTheReference() {
    int[] entries = {0, 4, 4, -1, 2, -2, 1, 3, -3, 0, 0, 1, 2, 3, 4, 0, 1, 2};
    for (int rows : ROWS) {
      equalsReference(
          rows * entries.length,
          (k, y) -> {
            Kernels.Index index = k.index(entries, new double[] {-1, 0, 0.1}, 5);
            assertThat(index.inputs()).isEqualTo(5);
            assertThat(index.outputs()).isEqualTo(entries.length);
            k.gather(index, k.constant(random(1, rows * 5)), y, rows);
          });
    }
  }

  @Test
  void concatEqualsTheReference() {
    for (int rows : ROWS) {
      for (int[] widths : new int[][] {{16, 8}, {1, 3}, {0, 3}, {3, 0}}) {
        int width = widths[0] + widths[1];
        equalsReference(
            rows * width,
            (k, y) -> {
              Tensor a = k.constant(random(1, rows * widths[0]));
              Tensor b = k.constant(random(2, rows * widths[1]));
              k.concat(a, widths[0], b, widths[1], y, rows);
            });
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 17, 128})
  void runningMeanEqualsTheReference(int width) {
    int[] starts = {0, 3, 3, 10};
    equalsReference(
        10 * width,
        (k, y) -> {
          Tensor sums = k.constant(random(2, 7 * width)).view(width, 6 * width);
          Tensor x = k.constant(random(1, 10 * width));
          k.runningMean(
              x,
              new PackedSequences(starts, 3),
              new long[] {0, 5, 10_000_000_000L},
              sums,
              y,
              width);
          k.runningMean(
              x,
              new PackedSequences(starts, 3),
              new long[] {3, 5, 10_000_000_007L},
              sums,
              y,
              width);
        });
  }

  @Test
  void runningMeanOfManyStepsStillCountsSmallOnes() {
    // after 2^24 ones a float sum no longer moves when 1/4 is added to it
    int steps = 1 << 14;
    long before = 1 << 24;
    Tensor sums = kernels.allocate(2);
    kernels.fill(sums, 0, 1, (double) before);
    Tensor x = kernels.allocate(steps);
    kernels.fill(x, 0, steps, 0.25);
    kernels.runningMean(x, PackedSequences.of(0, steps), new long[] {before}, sums, x, 1);
    double expected = (before + steps / 4.0) / (before + steps);
    assertThat(read(x, steps)[steps - 1]).isEqualTo(expected, Offset.offset(1e-6));
  }

  @Test
  void logSoftmaxOfLargeNumbersIsFinite() {
    double[] y = read(logSoftmax(new double[] {1e4, 1e4 - 1, -1e30, 0}), 4);
    assertThat(y[0]).isEqualTo(-Math.log1p(Math.exp(-1)), within());
    assertThat(y[1]).isEqualTo(-1 - Math.log1p(Math.exp(-1)), within());
    assertThat(y[2] / -1e30).isEqualTo(1, within());
  }

  @Test
  void layerNormOfAConstantRowIsTheBias() {
    double[] bias = random(1, 17);
    Tensor x = kernels.allocate(34);
    kernels.fill(x, 0, 34, 12345);
    kernels.layerNorm(
        new NormWeights(kernels.constant(random(2, 17)), kernels.constant(bias), 1e-6),
        x,
        x,
        2,
        17);
    double[] y = read(x, 34);
    for (int i = 0; i < 34; i++) {
      assertThat(y[i]).isEqualTo(bias[i % 17], within());
    }
  }

  @Test
  void layerNormKeepsItsDigitsFarFromZero() {
    double[] x = new double[128];
    Arrays.setAll(x, j -> 1000 + (j % 2 == 0 ? 0.5 : -0.5));
    double[] ones = new double[128];
    Arrays.fill(ones, 1);
    Tensor y = kernels.constant(x);
    kernels.layerNorm(
        new NormWeights(kernels.constant(ones), kernels.allocate(128), 0), y, y, 1, 128);
    double[] values = read(y, 128);
    for (int j = 0; j < 128; j++) {
      assertThat(values[j]).isEqualTo(j % 2 == 0 ? 1 : -1, Offset.offset(1e-3));
    }
  }

  // ------------------------------------------- windows: every position at once

  @Test
  void convolveEqualsTheReference() {
    for (int rows : ROWS) {
      for (int[] shape : new int[][] {{4, 2, 96}, {12, 6, 7}, {6, 3, 17}, {2, 5, 3}}) {
        int inputs = shape[0];
        int stride = shape[1];
        int outputs = shape[2];
        int size = rows == 0 ? 0 : (rows - 1) * stride + inputs;
        equalsReference(
            rows * outputs,
            (k, y) -> {
              Kernels.Linear w =
                  k.linear(random(1, outputs * inputs), random(2, outputs), outputs, inputs);
              k.convolve(w, k.constant(random(3, size + 5)).view(5, size), stride, y, rows);
            });
      }
    }
  }

  @Test
  void convolveByItsWidthIsLinear() {
    Kernels.Linear w = kernels.linear(random(1, 7 * 5), random(2, 7), 7, 5);
    Tensor x = kernels.constant(random(3, 6 * 5));
    Tensor plain = kernels.allocate(6 * 7);
    Tensor strided = kernels.allocate(6 * 7);
    kernels.linear(w, x, plain, 6);
    kernels.convolve(w, x, 5, strided, 6);
    assertThat(read(strided, 42)).isEqualTo(read(plain, 42));
    assertThatThrownBy(() -> kernels.convolve(w, x, 6, strided, 6))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("6 rows of 5", "35 values", "holds 30");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 17, 96})
  void positionNormEqualsTheReference(int width) {
    int[] starts = {0, 1, 1, 4, 134, 334};
    for (Activation f : new Activation[] {Activation.NONE, Activation.GELU_QUICK}) {
      equalsReference(334 * width, (k, y) -> positions(k, f, starts, width, y));
    }
  }

  private static void positions(Kernels k, Activation f, int[] starts, int width, Tensor y) {
    int sequences = starts.length - 1;
    Tensor x = k.constant(random(1, 334 * width));
    k.positionNorm(
        new PositionNorm(k.constant(random(2, width)), 1e-10, f),
        x,
        y,
        new PackedSequences(starts, sequences),
        width);
  }

  @Test
  void positionNormGivesASequenceTheSameBitsInAnyBatch() {
    int width = 17;
    int[] starts = {0, 1, 1, 4, 134, 334};
    Tensor whole = kernels.allocate(334 * width);
    positions(kernels, Activation.GELU_QUICK, starts, width, whole);
    for (int b = 0; b < 5; b++) {
      int rows = starts[b + 1] - starts[b];
      int size = rows * width;
      Tensor alone = kernels.constant(random(1, 334 * width)).view(starts[b] * width, size);
      Tensor offset = kernels.constant(random(2, width));
      Activation f = Activation.GELU_QUICK;
      kernels.positionNorm(
          new PositionNorm(offset, 1e-10, f), alone, alone, PackedSequences.of(0, rows), width);
      assertThat(read(alone, size)).isEqualTo(read(whole.view(starts[b] * width, size), size));
    }
  }

  @Test
  void aChannelThatNeverChangesIsItsOffsetsSign() {
    Tensor x = kernels.allocate(3 * 1000);
    kernels.fill(x, 0, 3000, 0.1);
    Tensor offset = kernels.constant(new double[] {0.7, -0.7, 0});
    kernels.positionNorm(
        new PositionNorm(offset, 1e-10, Activation.NONE), x, x, PackedSequences.of(0, 1000), 3);
    double[] y = read(x, 3000);
    for (int i = 0; i < y.length; i++) {
      assertThat(y[i]).isEqualTo(new double[] {1, -1, 0}[i % 3], Offset.offset(1e-6));
    }
  }

  @ParameterizedTest
  @EnumSource(Shuffle.class)
  void residualEqualsTheReference(Shuffle shuffle) {
    for (int length : new int[] {1, 2, 4, 64}) {
      for (int width : new int[] {1, 3, 17, 48}) {
        int size = 3 * length * width;
        equalsReference(
            size,
            (k, y) -> {
              Tensor scale = k.constant(random(1, 2 * width));
              Tensor x = k.constant(random(2, size));
              Tensor c = k.constant(random(3, size));
              k.residual(scale, x, c, y, new Positions(3, length, shuffle), width);
            });
      }
    }
  }

  @Test
  void shufflesRotateTheBitsOfAPosition() {
    // y_i = x_j: 8 positions of 3 bits
    assertThat(shuffled(Shuffle.LEFT, 8)).containsExactly(0, 2, 4, 6, 1, 3, 5, 7);
    assertThat(shuffled(Shuffle.RIGHT, 8)).containsExactly(0, 4, 1, 5, 2, 6, 3, 7);
    assertThatThrownBy(() -> shuffled(Shuffle.LEFT, 6))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("power of two", "6");
  }

  private double[] shuffled(Shuffle shuffle, int length) {
    Tensor y = kernels.allocate(length);
    Tensor ones = kernels.constant(new double[] {1, 1});
    Tensor x = kernels.constant(IntStream.range(0, length).asDoubleStream().toArray());
    kernels.residual(ones, x, kernels.allocate(length), y, new Positions(1, length, shuffle), 1);
    return read(y, length);
  }

  @ParameterizedTest
  @EnumSource(Shuffle.class)
  void aSwitchUnitEqualsItsOperations(Shuffle shuffle) {
    for (int[] shape : new int[][] {{1, 2, 3}, {3, 4, 1}, {2, 64, 17}, {2, 512, 24}}) {
      int sequences = shape[0];
      int length = shape[1];
      int width = shape[2];
      int pairs = length / 2;
      int size = sequences * length * width;
      int hidden = 4 * width;
      equalsReference(
          size,
          (k, y) -> {
            Kernels.Linear expand =
                k.linear(random(1, 2 * width * hidden), null, hidden, 2 * width);
            double[] back = random(2, 2 * width * hidden);
            Kernels.Linear contract = k.linear(back, random(3, 2 * width), 2 * width, hidden);
            Tensor offset = k.constant(random(4, hidden));
            Tensor scale = k.constant(random(5, 2 * width));
            Tensor x = k.constant(random(6, size));
            Tensor a = k.allocate(sequences * pairs * hidden);
            if (k == reference) { // the operations one by one
              int[] starts = IntStream.rangeClosed(0, sequences).map(b -> b * pairs).toArray();
              Tensor c = k.allocate(size);
              k.linear(expand, x, a, sequences * pairs);
              Activation f = Activation.GELU_QUICK;
              k.positionNorm(
                  new PositionNorm(offset, 1e-10, f),
                  a,
                  a,
                  new PackedSequences(starts, sequences),
                  hidden);
              k.linear(contract, a, c, sequences * pairs);
              k.residual(scale, x, c, y, new Positions(sequences, length, shuffle), width);
            } else {
              k.switchUnit(
                  new SwitchUnitWeights(
                      expand,
                      new PositionNorm(offset, 1e-10, Activation.GELU_QUICK),
                      contract,
                      scale),
                  x,
                  a,
                  k::allocate,
                  y,
                  new Positions(sequences, length, shuffle));
            }
          });
    }
  }

  // ------------------------------------------- several operations over the same rows

  /** None, a layer norm and an affine one. */
  private static RowNorm norm(Kernels k, int kind, int width) {
    Tensor weight = k.constant(random(11, width));
    Tensor bias = k.constant(random(12, width));
    return switch (kind) {
      case 0 -> RowNorm.NONE;
      case 1 -> RowNorm.layer(weight, bias, 1e-5);
      default -> RowNorm.affine(weight, bias);
    };
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void anMlpEqualsItsOperations(int norm) {
    for (int[] shape :
        new int[][] {{1, 1}, {12, 5}, {17, 130}, {224, 128}, {272, 256}, {40, 300}}) {
      for (int rows : new int[] {0, 1, 7, 70}) {
        for (boolean inPlace : new boolean[] {false, true}) {
          int width = shape[0];
          equalsReference(
              rows * width,
              (k, y) -> {
                Tensor x = k.constant(random(13, rows * width));
                if (inPlace) {
                  k.copy(x, 0, y, 0, rows * width);
                  x = y;
                }
                k.mlp(
                    new Mlp(
                        norm(k, norm, width),
                        scaledDown(k, 14, width, shape[1]),
                        Activation.GELU,
                        scaledDown(k, 15, shape[1], width)),
                    x,
                    y,
                    rows);
              });
        }
      }
    }
  }

  /** Weights and a bias that keep values at their size. */
  private static Kernels.Linear scaledDown(Kernels k, int seed, int inputs, int outputs) {
    double[] weight = random(seed, inputs * outputs);
    Arrays.setAll(weight, i -> (float) (weight[i] / Math.sqrt(inputs)));
    return k.linear(weight, random(seed + 100, outputs), outputs, inputs);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void rollAddNormEqualsItsOperations(int norm) {
    for (int[] shape : new int[][] {{1, 1}, {12, 3}, {136, 17}, {176, 8}, {272, 16}, {600, 60}}) {
      int width = shape[0];
      equalsReference(
          42 * width,
          (k, y) -> {
            k.write(random(2, 42 * width), 0, y, 0, 42 * width);
            Tensor x = k.constant(random(1, 42 * width));
            k.rollAddNorm(
                x, y, new PackedSequences(WINDOWS, 4), width, shape[1], norm(k, norm, width));
          });
    }
  }

  /** A layer whose values keep their size. */
  private static RecurrentLayer layer(Kernels k, int norm, boolean prenorm, int d, int n) {
    return new RecurrentLayer(
        norm(k, norm, d),
        prenorm,
        scaledDown(k, 21, d, 2 * n),
        lambda(k, n),
        scaledDown(k, 22, 2 * n, d),
        k.constant(random(23, d)),
        Activation.GELU_TANH,
        scaledDown(k, 24, d, 2 * d));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void aRecurrentLayerEqualsItsOperations(int norm) {
    int[] ones = IntStream.rangeClosed(0, 70).toArray();
    for (int[] shape : new int[][] {{1, 1}, {16, 12}, {17, 9}, {32, 20}, {128, 128}, {128, 40}}) {
      for (int[] starts : new int[][] {{0}, {0, 0}, {0, 1}, {0, 3, 3, 10}, ones}) {
        for (int groups : new int[] {1, 3}) {
          int d = shape[0];
          int n = shape[1];
          int sequences = starts.length - 1;
          int values = starts[sequences] * groups * d;
          int states = sequences * groups * 2 * n;
          equalsReference(
              values + states,
              (k, y) -> {
                Tensor x = y.view(0, values);
                Tensor state = y.view(values, states);
                k.write(random(1, values), 0, x, 0, values);
                k.write(random(2, states), 0, state, 0, states);
                RecurrentLayer layer = layer(k, norm, groups == 1, d, n);
                k.advance(layer, x, new PackedSequences(starts, sequences), state, groups, work(k));
              });
        }
      }
    }
  }

  private static Kernels.Workspace work(Kernels k) {
    return (name, size) -> k.allocate(size);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void aRecurrentLayerStepByStepInAnyBatchEqualsTheWholeBitForBit(int norm) {
    assumeTrue(rowsKeepTheirBits());
    int steps = 5;
    int sequences = 67;
    for (int[] shape : new int[][] {{12, 8}, {17, 9}, {128, 128}}) {
      for (boolean prenorm : new boolean[] {false, true}) {
        int d = shape[0];
        int n = shape[1];
        RecurrentLayer layer = layer(kernels, norm, prenorm, d, n);
        Tensor states = kernels.constant(random(2, sequences * 2 * n));
        double[][] after = new double[steps][];
        for (int t = 0; t < steps; t++) { // all sequences take one step
          Tensor x = kernels.constant(random(30 + t, sequences * d));
          int[] starts = IntStream.rangeClosed(0, sequences).toArray();
          kernels.advance(
              layer, x, new PackedSequences(starts, sequences), states, 1, work(kernels));
          after[t] = read(x, sequences * d);
        }
        for (int b : new int[] {0, 1, 33, 66}) { // one sequence takes all steps
          Tensor x = kernels.allocate(steps * d);
          for (int t = 0; t < steps; t++) {
            kernels.write(random(30 + t, sequences * d), b * d, x, t * d, d);
          }
          Tensor state = kernels.constant(random(2, sequences * 2 * n)).view(b * 2 * n, 2 * n);
          kernels.advance(layer, x, PackedSequences.of(0, steps), state, 1, work(kernels));
          double[] alone = read(x, steps * d);
          for (int t = 0; t < steps; t++) {
            assertThat(Arrays.copyOfRange(alone, t * d, (t + 1) * d))
                .isEqualTo(Arrays.copyOfRange(after[t], b * d, (b + 1) * d));
          }
          assertThat(read(state, 2 * n)).isEqualTo(read(states.view(b * 2 * n, 2 * n), 2 * n));
        }
      }
    }
  }

  // ------------------------------------------------------------ whole windows

  private static final int[] WINDOWS = {0, 3, 3, 10, 42}; // sequences of 3, 0, 7 and 32 rows

  @Test
  void embedEqualsTheReference() {
    for (int rows : ROWS) {
      equalsReference(
          rows * 17,
          (k, y) -> {
            int[] tokens = IntStream.range(0, rows).map(r -> r * r % 5).toArray();
            Tensor table = k.constant(random(1, 6 * 17)).view(17, 5 * 17);
            k.embed(table, tokens, y, rows, 17);
          });
    }
  }

  @Test
  void aTokenWithoutARowIsRefused() {
    Tensor table = kernels.allocate(10);
    Tensor y = kernels.allocate(100);
    for (int token : new int[] {-1, 5}) {
      assertThatThrownBy(() -> kernels.embed(table, new int[] {0, token}, y, 2, 2))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContainingAll("Token 1", "0 to 4", "is " + token);
    }
    assertThatThrownBy(() -> kernels.embed(table, new int[2], y, 3, 2))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("3 rows");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 17, 128})
  void meanEqualsTheReferenceAndIsNaNWhereNothingIs(int width) {
    equalsReference(
        4 * width,
        (k, y) ->
            k.mean(k.constant(random(1, 42 * width)), new PackedSequences(WINDOWS, 4), y, width));
    Tensor y = kernels.allocate(4);
    kernels.mean(kernels.allocate(42), new PackedSequences(WINDOWS, 4), y, 1);
    assertThat(read(y, 4)).containsExactly(0, 0 / 0.0, 0, 0);
  }

  @Test
  void meanOfManyRowsStillCountsSmallOnes() {
    int rows = 1 << 21;
    Tensor x = kernels.allocate(rows);
    kernels.fill(x, 0, rows, 0.1);
    kernels.fill(x, 0, 1, 1 << 24);
    Tensor y = kernels.allocate(1);
    kernels.mean(x, PackedSequences.of(0, rows), y, 1);
    assertThat(read(y, 1)[0]).isEqualTo(8.1, Offset.offset(1e-5));
  }

  @Test
  void groupNormEqualsTheReference() {
    for (int[] shape : new int[][] {{12, 1}, {12, 4}, {12, 12}, {17, 1}, {17, 17}, {128, 16}}) {
      int width = shape[0];
      for (boolean inPlace : new boolean[] {false, true}) {
        equalsReference(
            42 * width,
            (k, y) -> {
              k.write(random(3, 42 * width), 0, y, 0, 42 * width);
              Tensor x = inPlace ? y : k.constant(random(3, 42 * width));
              Tensor weight = k.constant(random(1, width));
              Tensor bias = k.constant(random(2, width));
              k.groupNorm(
                  new NormWeights(weight, bias, 1e-5),
                  shape[1],
                  x,
                  new PackedSequences(WINDOWS, 4),
                  y,
                  width);
            });
      }
    }
  }

  @Test
  void groupNormKeepsItsDigitsFarFromZero() {
    Tensor x = kernels.constant(IntStream.range(0, 64).mapToDouble(i -> 1000 + i % 2).toArray());
    Tensor one = kernels.constant(new double[] {1, 1});
    int[] starts = {0, 32};
    kernels.groupNorm(
        new NormWeights(one, kernels.allocate(2), 0), 1, x, new PackedSequences(starts, 1), x, 2);
    double[] y = read(x, 64);
    for (int i = 0; i < 64; i++) {
      assertThat(y[i]).isEqualTo(i % 2 == 0 ? -1 : 1, within());
    }
  }

  @Test
  void rollAddEqualsTheReference() {
    int[] longer = {0, 5, 5, 12, 100}; // 2 and 56 rows more than there are to be read
    for (int[] shape : new int[][] {{1, 1}, {12, 1}, {12, 3}, {136, 17}, {176, 8}, {32, 1}}) {
      int width = shape[0];
      for (int[] to : new int[][] {WINDOWS, longer}) {
        equalsReference(
            to[4] * width,
            (k, y) -> {
              k.write(random(2, to[4] * width), 0, y, 0, to[4] * width);
              Tensor x = k.constant(random(1, 42 * width));
              k.rollAdd(
                  x,
                  new PackedSequences(WINDOWS, 4),
                  y,
                  new PackedSequences(to, 4),
                  width,
                  shape[1]);
            });
      }
    }
  }

  @Test
  void rollAddTurnsEachTrackByItsPowerOfTwo() {
    // 3 rows, 4 tracks of 1: offsets 0, 1, 2 and 4, which is 1 again
    double[] x = {0, 1, 2, 3, 10, 11, 12, 13, 20, 21, 22, 23};
    Tensor y = kernels.allocate(12);
    int[] starts = {0, 3};
    kernels.rollAdd(
        kernels.constant(x),
        new PackedSequences(starts, 1),
        y,
        new PackedSequences(starts, 1),
        4,
        1);
    assertThat(read(y, 12)).containsExactly(0, 11, 22, 13, 10, 21, 2, 23, 20, 1, 12, 3);
  }

  @Test
  void aRotationThatCannotBeIsRefused() {
    Tensor t = kernels.allocate(1000);
    int[] starts = {0, 2};
    assertThatThrownBy(
            () ->
                kernels.rollAdd(
                    t, new PackedSequences(starts, 1), t, new PackedSequences(starts, 1), 10, 4))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("track", "10", "4");
    assertThatThrownBy(
            () ->
                kernels.rollAdd(
                    t, new PackedSequences(starts, 1), t, new PackedSequences(starts, 1), 33, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("32", "33");
    assertThatThrownBy(
            () ->
                kernels.rollAdd(
                    t, new PackedSequences(new int[2], 1), t, new PackedSequences(starts, 1), 4, 2))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("none to be read");
    assertThatThrownBy(
            () ->
                kernels.groupNorm(
                    new NormWeights(t, t, 1), 4, t, new PackedSequences(starts, 1), t, 10))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("groups", "10", "4");
  }

  @Test
  void aWindowHasTheSameBitsInAnyBatch() {
    int width = 24;
    Tensor weight = kernels.constant(random(1, width));
    Tensor x = kernels.constant(random(3, 42 * width));
    Tensor y = kernels.constant(random(4, 42 * width));
    Tensor mean = kernels.allocate(4 * width);
    window(x, y, mean, WINDOWS, 4, weight);
    for (int b : new int[] {0, 2, 3}) {
      int at = WINDOWS[b] * width;
      int rows = WINDOWS[b + 1] - WINDOWS[b];
      Tensor xAlone = kernels.constant(random(3, 42 * width)).view(at, rows * width);
      Tensor yAlone = kernels.constant(random(4, 42 * width)).view(at, rows * width);
      Tensor meanAlone = kernels.allocate(width);
      window(xAlone, yAlone, meanAlone, new int[] {0, rows}, 1, weight);
      assertThat(read(y.view(at, rows * width), rows * width))
          .isEqualTo(read(yAlone, rows * width));
      assertThat(read(mean.view(b * width, width), width)).isEqualTo(read(meanAlone, width));
    }
  }

  private void window(Tensor x, Tensor y, Tensor mean, int[] starts, int n, Tensor weight) {
    kernels.rollAdd(x, new PackedSequences(starts, n), y, new PackedSequences(starts, n), 24, 4);
    kernels.groupNorm(
        new NormWeights(weight, weight, 1e-5), 4, y, new PackedSequences(starts, n), y, 24);
    kernels.mean(y, new PackedSequences(starts, n), mean, 24);
  }

  // -------------------------------------------------- a batch equals its rows

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 17, 128, 192, 264})
  void linearGivesARowTheSameBitsInAnyBatch(int width) {
    assumeTrue(rowsKeepTheirBits());
    for (int outputs : new int[] {1, 3, 17, 64, 128, 192, 264}) {
      double[] alone = read(linear(kernels, width, outputs, 1, kernels.allocate(outputs)), outputs);
      for (int rows : new int[] {2, 3, 4, 5, 7, 64}) {
        Tensor y = linear(kernels, width, outputs, rows, kernels.allocate(rows * outputs));
        for (int at : new int[] {0, 1, rows / 2, rows - 1}) {
          // every row of x is the same, so every row of y must be
          assertThat(read(y.view(at * outputs, outputs), outputs)).isEqualTo(alone);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 17, 128, 192})
  void theOtherOperationsGiveARowTheSameBitsInAnyBatch(int width) {
    for (RowOperation operation : RowOperation.values()) {
      for (int rows : new int[] {2, 7, 64}) {
        Tensor whole = operation.run(kernels, rows, width, 0, kernels.allocate(rows * width));
        for (int at : new int[] {0, 1, rows / 2, rows - 1}) {
          Tensor alone = operation.run(kernels, 1, width, at, kernels.allocate(width));
          assertThat(read(whole.view(at * width, width), width))
              .as("%s of row %d of %d", operation, at, rows)
              .isEqualTo(read(alone, width));
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 17, 128})
  void recurrenceInChunksEqualsTheWholeBitForBit(int width) {
    int rows = 64;
    int groups = 2;
    int size = groups * 2 * width;
    Kernels.Diagonal lambda = lambda(kernels, width);
    Tensor whole = kernels.constant(random(1, rows * size));
    Tensor wholeState = kernels.constant(random(2, size));
    kernels.recurrence(lambda, whole, PackedSequences.of(0, rows), wholeState, groups);
    Tensor chunked = kernels.constant(random(1, rows * size));
    Tensor state = kernels.constant(random(2, size));
    int[] cuts = {0, 1, 2, 9, 9, 40, rows};
    for (int c = 0; c + 1 < cuts.length; c++) {
      int steps = cuts[c + 1] - cuts[c];
      Tensor u = chunked.view(cuts[c] * size, steps * size);
      kernels.recurrence(lambda, u, PackedSequences.of(0, steps), state, groups);
    }
    assertThat(read(chunked, rows * size)).isEqualTo(read(whole, rows * size));
    assertThat(read(state, size)).isEqualTo(read(wholeState, size));
    assertThat(read(state, size)).isEqualTo(read(whole.view((rows - 1) * size, size), size));
  }

  @Test
  void recurrenceGivesASequenceTheSameBitsInAnyBatch() {
    int width = 17;
    int size = 2 * width;
    int[] starts = {0, 3, 3, 10, 11};
    Tensor u = kernels.constant(random(1, 11 * size));
    Tensor states = kernels.constant(random(2, 4 * size));
    kernels.recurrence(lambda(kernels, width), u, new PackedSequences(starts, 4), states, 1);
    for (int b = 0; b < 4; b++) {
      int steps = starts[b + 1] - starts[b];
      Tensor alone = kernels.constant(random(1, 11 * size)).view(starts[b] * size, steps * size);
      Tensor state = kernels.constant(random(2, 4 * size)).view(b * size, size);
      kernels.recurrence(lambda(kernels, width), alone, PackedSequences.of(0, steps), state, 1);
      assertThat(read(u.view(starts[b] * size, steps * size), steps * size))
          .isEqualTo(read(alone, steps * size));
      assertThat(read(states.view(b * size, size), size)).isEqualTo(read(state, size));
    }
  }

  @Test
  void runningMeanInChunksEqualsTheWholeBitForBit() {
    int width = 17;
    Tensor x = kernels.constant(random(1, 10 * width));
    Tensor wholeSums = kernels.allocate(2 * width);
    Tensor whole = kernels.allocate(10 * width);
    kernels.runningMean(x, PackedSequences.of(0, 10), new long[] {0}, wholeSums, whole, width);
    Tensor sums = kernels.allocate(2 * width);
    for (int t = 0; t < 10; t++) {
      Tensor row = x.view(t * width, width);
      kernels.runningMean(row, PackedSequences.of(0, 1), new long[] {t}, sums, row, width);
    }
    assertThat(read(x, 10 * width)).isEqualTo(read(whole, 10 * width));
    assertThat(read(sums, 2 * width)).isEqualTo(read(wholeSums, 2 * width));
  }

  @Test
  void fourThreadsGetTheBitsOfOne() throws InterruptedException, ExecutionException {
    Kernels.Linear w = kernels.linear(random(1, 128 * 96), random(2, 96), 96, 128);
    Tensor expected = kernels.allocate(7 * 96);
    kernels.linear(w, kernels.constant(random(3, 7 * 128)), expected, 7);
    double[] bits = read(expected, 7 * 96);
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      var answers =
          threads.invokeAll(
              Collections.<Callable<double[]>>nCopies(
                  64,
                  () -> {
                    Tensor y = kernels.allocate(7 * 96);
                    kernels.linear(w, kernels.constant(random(3, 7 * 128)), y, 7);
                    return read(y, 7 * 96);
                  }));
      for (Future<double[]> answer : answers) {
        assertThat(answer.get()).isEqualTo(bits);
      }
    } finally {
      threads.shutdownNow();
    }
  }

  // --------------------------------------------- sequences with gates and lags

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 17, 128})
  void foPoolingEqualsTheReference(int width) {
    for (int[] starts : new int[][] {{0}, {0, 0}, {0, 1}, {0, 3, 3, 10}, {0, 0, 64, 65}}) {
      for (int gates : new int[] {2, 3, 4}) {
        for (Activation f : new Activation[] {Activation.TANH, Activation.SOFTPLUS}) {
          int sequences = starts.length - 1;
          int rows = starts[sequences];
          equalsReference(
              (rows + sequences) * width,
              (k, y) -> {
                Tensor zfoi = k.constant(random(1, 7 + rows * gates * width));
                Tensor state = y.view(rows * width, sequences * width);
                k.write(random(2, sequences * width), 0, state, 0, sequences * width);
                Tensor gate = zfoi.view(7, rows * gates * width);
                k.foPooling(
                    new FoGates(gates, f, 0.25),
                    gate,
                    new PackedSequences(starts, sequences),
                    state,
                    y,
                    width);
              });
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4})
  void foPoolingInChunksAndBatchesEqualsTheWholeBitForBit(int gates) {
    int width = 19;
    int[] starts = {0, 3, 3, 40, 41};
    double[] zfoi = random(1, 41 * gates * width);
    Tensor states = kernels.constant(random(2, 4 * width));
    Tensor whole = kernels.allocate(41 * width);
    forget(kernels.constant(zfoi), gates, starts, 4, states, whole, width);
    int[] cuts = {0, 1, 2, 9, 9, 37};
    for (int b = 0; b < 4; b++) {
      Tensor state = kernels.constant(random(2, 4 * width)).view(b * width, width);
      int length = starts[b + 1] - starts[b];
      for (int c = 0; c + 1 < cuts.length; c++) {
        int from = starts[b] + Math.min(cuts[c], length);
        int steps = starts[b] + Math.min(cuts[c + 1], length) - from;
        Tensor part = kernels.constant(zfoi).view(from * gates * width, steps * gates * width);
        Tensor y = kernels.allocate(steps * width);
        forget(part, gates, new int[] {0, steps}, 1, state, y, width);
        assertThat(read(y, steps * width))
            .isEqualTo(read(whole.view(from * width, steps * width), steps * width));
      }
      assertThat(read(state, width)).isEqualTo(read(states.view(b * width, width), width));
    }
  }

  private void forget(
      Tensor zfoi, int gates, int[] starts, int sequences, Tensor state, Tensor y, int width) {
    kernels.foPooling(
        new FoGates(gates, Activation.TANH, 0),
        zfoi,
        new PackedSequences(starts, sequences),
        state,
        y,
        width);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 16, 35})
  void foPoolingOfOneSequenceNeverReachesAnother(int width) {
    Tensor zf = kernels.allocate(3 * 2 * width);
    kernels.fill(zf, 0, width, Double.POSITIVE_INFINITY); // z of the first sequence
    kernels.fill(zf, 4 * width, width, Double.NaN); // z of the third
    Tensor state = kernels.allocate(3 * width);
    Tensor y = kernels.allocate(3 * width);
    int[] starts = {0, 1, 2, 3};
    kernels.foPooling(
        new FoGates(2, Activation.NONE, 0), zf, new PackedSequences(starts, 3), state, y, width);
    for (Tensor found : new Tensor[] {state, y}) {
      assertThat(read(found, width)).containsOnly(Double.POSITIVE_INFINITY);
      assertThat(read(found.view(width, width), width)).containsOnly(0);
      assertThat(read(found.view(2 * width, width), width)).containsOnly(Double.NaN);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 8})
  void causalUnfoldEqualsTheReference(int taps) {
    for (int width : new int[] {1, 5}) {
      for (int[] starts : new int[][] {{0}, {0, 0}, {0, 1}, {0, 3, 3, 10, 12}, {0, 0, 30, 31}}) {
        int sequences = starts.length - 1;
        int rows = starts[sequences];
        int tailSize = sequences * (taps - 1) * width;
        equalsReference(
            rows * taps * width + tailSize,
            (k, y) -> {
              Tensor x = k.constant(random(1, 7 + rows * width)).view(7, rows * width);
              Tensor tail = y.view(rows * taps * width, tailSize);
              k.write(random(2, tailSize), 0, tail, 0, tailSize);
              k.causalUnfold(x, new PackedSequences(starts, sequences), tail, y, width, taps);
            });
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 8})
  void causalUnfoldStepByStepEqualsTheWhole(int taps) {
    int width = 3;
    int row = taps * width;
    Tensor x = kernels.constant(random(1, 20 * width));
    Tensor whole = kernels.allocate(20 * row);
    Tensor wholeTail = kernels.allocate((taps - 1) * width);
    kernels.causalUnfold(x, PackedSequences.of(0, 20), wholeTail, whole, width, taps);
    Tensor tail = kernels.allocate((taps - 1) * width);
    for (int t = 0; t < 20; t++) {
      Tensor y = kernels.allocate(row);
      kernels.causalUnfold(
          x.view(t * width, width), PackedSequences.of(0, 1), tail, y, width, taps);
      assertThat(read(y, row)).isEqualTo(read(whole.view(t * row, row), row));
    }
    assertThat(read(tail, tail.size())).isEqualTo(read(wholeTail, tail.size()));
  }

  @Test
  void gatesAndTapsOutOfRangeAreRefused() {
    Tensor t = kernels.allocate(100);
    int[] starts = {0, 1};
    for (int gates : new int[] {1, 5}) {
      assertThatThrownBy(() -> forget(t, gates, starts, 1, t, t, 2))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("gates must be 2 (z, f)");
    }
    assertThatThrownBy(() -> kernels.causalUnfold(t, new PackedSequences(starts, 1), t, t, 2, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("taps must be 1");
    assertThatThrownBy(
            () ->
                kernels.causalUnfold(
                    t, new PackedSequences(starts, 1), kernels.allocate(3), t, 2, 3))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("tail", "1 x 4 = 4", "holds 3");
  }

  // ------------------------------------------------- embeddings and attention

  @Test
  void embeddingBagEqualsTheReference() {
    int[] entries = {4, 0, 0, 2, 3, 4};
    for (int width : new int[] {1, 17, 64}) {
      equalsReference(
          2 * width,
          (k, y) -> {
            Tensor table = k.constant(random(1, 5 * width));
            k.embeddingBag(table, new Bags(entries, k.constant(random(2, 6)), 3), y, 2, width);
          });
    }
    Tensor small = kernels.allocate(12);
    assertThatThrownBy(
            () -> kernels.embeddingBag(small.view(0, 5), new Bags(entries, small, 3), small, 2, 2))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("Token 0", "from 0 to 1", "is 4");
  }

  @Test
  void rotaryEqualsTheReference() {
    int[] positions = {2, 0, 1};
    for (Pairs pairs : Pairs.values()) {
      equalsReference(
          3 * 50,
          (k, y) -> {
            k.write(random(1, 150), 0, y, 0, 150);
            Tensor table = k.constant(random(2, 3 * 8));
            k.rotary(
                new RotaryPositions(table, positions, pairs),
                new Strided(y.view(5, 145), 50),
                3,
                4,
                8);
          });
    }
  }

  @Test
  void attentionEqualsTheReference() {
    for (double own : new double[] {Double.NaN, -5e4}) {
      for (int width : new int[] {1, 8, 17}) {
        equalsReference(6 * (width + 3), (k, y) -> attend(k, own, width, y));
      }
    }
  }

  @Test
  void attentionGivesARowTheSameBitsWithOtherWindowsAndWithout() {
    assumeTrue(rowsKeepTheirBits());
    int width = 17;
    Tensor all = kernels.allocate(6 * (width + 3));
    attend(kernels, Double.NaN, width, all);
    Tensor alone = kernels.allocate(6 * (width + 3));
    // row 5 stands in the first window only
    attend(
        kernels,
        new AttentionSets(
            new int[] {5},
            new int[] {0, 1},
            new int[] {0, 2, 5, 6},
            new int[] {0, 4},
            new int[] {0, 1, 2, 3, 4, 5},
            new int[] {0, 1, 2, 3, 4, 5, -1},
            Double.NaN,
            0.25),
        width,
        alone);
    int at = 5 * (width + 3);
    assertThat(read(alone.view(at, width), width)).isEqualTo(read(all.view(at, width), width));
  }

  @Test
  void aRowFromWhichAllIsHiddenSeesTheMeanOfItsWindow() {
    Tensor v = kernels.constant(new double[] {1, 2, 6});
    Tensor y = kernels.allocate(1);
    AttentionSets windows =
        new AttentionSets(
            new int[] {0},
            new int[] {0, 1},
            new int[] {0, 1, 2},
            new int[] {0, 3},
            new int[] {0},
            new int[] {1, 1, 1},
            Double.NaN,
            0);
    kernels.attend(windows, 1, new QueryKeyValue(v, v, v, 1), new Strided(y, 1), 1, 1);
    assertThat(read(y, 1)[0]).isEqualTo(3, within());
  }

  @Test
  void attentionSetsThatDoNotFitAreRefused() {
    int[] one = {0, 1};
    int[] times = {0, 0};
    assertThatThrownBy(() -> windows(new int[] {2}, one, new int[1], one, times))
        .as("a query without a time")
        .isInstanceOf(IndexOutOfBoundsException.class)
        .hasMessageContaining("queryTimes");
    assertThatThrownBy(() -> windows(new int[1], one, new int[] {-1}, one, times))
        .as("a key without a time")
        .isInstanceOf(IndexOutOfBoundsException.class)
        .hasMessageContaining("keyTimes");
    assertThatThrownBy(() -> windows(new int[1], one, new int[1], new int[] {0, 1, 1}, times))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("queries are 1", "keys 2");
    Tensor x = kernels.allocate(4);
    AttentionSets second = windows(new int[] {1}, one, new int[] {1}, one, times);
    assertThatThrownBy(
            () -> kernels.attend(second, 1, new QueryKeyValue(x, x, x, 2), new Strided(x, 2), 1, 2))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("query row 1", "1 rows");
    assertThatThrownBy(
            () ->
                kernels.attend(
                    second, 1, new QueryKeyValue(x, x.view(0, 3), x, 2), new Strided(x, 2), 2, 2))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("k must hold 2 rows", "holds 3");
  }

  private static AttentionSets windows(
      int[] queries, int[] queryStarts, int[] keys, int[] keyStarts, int[] times) {
    return new AttentionSets(queries, queryStarts, keys, keyStarts, times, times, Double.NaN, 0);
  }

  /** Rows 0 .. 5 in two windows, row 4 in none; row 6 of k and v is seen by all. */
  private static void attend(Kernels k, double own, int width, Tensor y) {
    attend(
        k,
        new AttentionSets(
            new int[] {0, 2, 5, 1, 2, 3},
            new int[] {0, 3, 6},
            new int[] {0, 2, 5, 6, 1, 3, 4},
            new int[] {0, 4, 7},
            new int[] {0, 1, 2, 3, 4, 5},
            new int[] {0, 1, 2, 3, 4, 5, -1},
            own,
            0.25),
        width,
        y);
  }

  private static void attend(Kernels k, AttentionSets windows, int width, Tensor y) {
    int stride = 2 * width;
    k.fill(y, 0, y.size(), 0); // what lies between the rows stays
    Tensor x = k.constant(random(1, 7 * stride));
    Tensor v = k.constant(random(2, 7 * stride));
    Tensor keys = x.view(width, 7 * stride - width);
    k.attend(
        windows, 0.3, new QueryKeyValue(x, keys, v, stride), new Strided(y, width + 3), 6, width);
  }

  // ------------------------------------------------------------------ memory

  @Test
  void allocatedTensorsAreZeroAndViewsShareTheirMemory() {
    Tensor whole = kernels.allocate(20);
    assertThat(whole.size()).isEqualTo(20);
    assertThat(read(whole, 20)).containsOnly(0);
    Tensor inner = whole.view(3, 10).view(2, 5);
    assertThat(inner.size()).isEqualTo(5);
    kernels.fill(inner, 1, 3, 7);
    double[] expected = new double[20];
    Arrays.fill(expected, 6, 9, 7);
    assertThat(read(whole, 20)).isEqualTo(expected);
    kernels.copy(whole, 6, inner, 4, 1);
    expected[9] = 7;
    assertThat(read(whole, 20)).isEqualTo(expected);
  }

  @Test
  void writingAndReadingKeepsWhatFits() {
    float[] floats = {1.5f, -0f, 3e-45f, Float.MAX_VALUE, Float.NEGATIVE_INFINITY, Float.NaN};
    Tensor t = kernels.allocate(10).view(1, 8);
    kernels.write(floats, 1, t, 2, 5);
    float[] back = new float[7];
    kernels.read(t, 2, back, 1, 5);
    assertThat(Arrays.copyOfRange(back, 1, 6)).isEqualTo(Arrays.copyOfRange(floats, 1, 6));
    kernels.write(new double[] {9, 0.1, 0.2}, 1, t, 0, 2);
    double[] doubles = new double[4];
    kernels.read(t, 0, doubles, 1, 2);
    boolean single = kernels.precision() == Precision.FLOAT32;
    assertThat(doubles).isEqualTo(new double[] {0, single ? 0.1f : 0.1, single ? 0.2f : 0.2, 0});
  }

  @Test
  void storedValuesComeBackBitForBit() {
    int bytes = kernels.precision().bytes();
    long[] patterns =
        bytes == 4
            ? new long[] {0x80000000L, 0x7FC01234L, 0x00000001L, 0xFF800000L, 0x3F8CCCCDL}
            : new long[] {1L << 63, 0x7FF8_0000_1234_5678L, 1, 0xFFF0L << 48, 0x3FB999999999999AL};
    ByteBuffer wanted = ByteBuffer.allocate(3 + 5 * bytes).order(ByteOrder.LITTLE_ENDIAN);
    wanted.position(3);
    for (long pattern : patterns) {
      if (bytes == 4) {
        wanted.putInt((int) pattern);
      } else {
        wanted.putLong(pattern);
      }
    }
    Tensor t = kernels.allocate(9).view(2, 6);
    ByteBuffer from = wanted.duplicate().position(3); // big-endian: must not matter
    kernels.load(from, t, 1, 5);
    assertThat(from.remaining()).isZero();
    for (ByteBuffer to :
        new ByteBuffer[] {
          ByteBuffer.allocate(3 + 5 * bytes), ByteBuffer.allocateDirect(3 + 5 * bytes)
        }) {
      to.position(3);
      kernels.store(t, 1, 5, to);
      assertThat(to.remaining()).isZero();
      assertThat(to.flip()).isEqualTo(wanted.position(0));
    }
  }

  // ------------------------------------------------------------------ errors

  @Test
  void tooSmallATensorIsNamedWithBothSizes() {
    Kernels.Linear w = kernels.linear(new double[6], null, 3, 2);
    Tensor four = kernels.allocate(4);
    assertThatThrownBy(() -> kernels.linear(w, four, kernels.allocate(8), 3))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("x", "3 x 2 = 6", "holds 4");
    assertThatThrownBy(() -> kernels.linear(w, four, kernels.allocate(5), 2))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("y", "2 x 3 = 6", "holds 5");
    assertThatThrownBy(() -> kernels.gluResidual(four, kernels.allocate(7), four, 1, 4))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("ab", "1 x 8 = 8", "holds 7");
    assertThatThrownBy(() -> kernels.activate(Activation.RELU, four, four, 1 << 30))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> kernels.affine(four, four, four, four, 1 << 30, 4))
        .as("a product beyond 32 bits")
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("4294967296");
    assertThatThrownBy(() -> kernels.affine(four, four, four, four, -1, 4))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("-1");
  }

  @Test
  void rangesOutsideATensorAreRefused() {
    Tensor four = kernels.allocate(10).view(3, 4);
    assertThatThrownBy(() -> four.view(1, 4)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> four.view(-1, 2)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> four.view(2, Integer.MAX_VALUE))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> kernels.fill(four, 3, 2, 1))
        .isInstanceOf(IndexOutOfBoundsException.class)
        .hasMessageContainingAll("2 values from 3", "holds 4");
    assertThatThrownBy(() -> kernels.write(new float[9], 0, four, 0, 5))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> kernels.read(four, 0, new double[9], 0, 5))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> kernels.copy(four, 0, four, 3, 2))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> kernels.store(four, 0, 5, ByteBuffer.allocate(99)))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void aBufferThatIsTooShortIsRefusedAndKeepsItsPosition() {
    Tensor four = kernels.allocate(4);
    ByteBuffer buffer = ByteBuffer.allocate(4 * kernels.precision().bytes() - 1);
    assertThatThrownBy(() -> kernels.store(four, 0, 4, buffer))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(String.valueOf(buffer.capacity()));
    assertThatThrownBy(() -> kernels.load(buffer, four, 0, 4))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(buffer.position()).isZero();
  }

  @Test
  void constantsOfTheWrongSizeAreRefused() {
    assertThatThrownBy(() -> kernels.linear(new double[7], null, 3, 2))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("3 x 2 = 6", "7");
    assertThatThrownBy(() -> kernels.linear(new double[6], new double[2], 3, 2))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("bias", "3", "2");
    assertThatThrownBy(() -> kernels.diagonal(new double[3], new double[2]))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> kernels.index(new int[] {0, 5}, new double[1], 5))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("Entry 1", "5 columns", "is 5");
    assertThatThrownBy(() -> kernels.index(new int[] {-2}, new double[1], 5))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("1 constants", "is -2");
  }

  @Test
  void startsThatFallOrStopShortAreRefused() {
    Kernels.Diagonal lambda = lambda(kernels, 1);
    Tensor t = kernels.allocate(100);
    for (int[] starts : new int[][] {{}, {0, 1}, {1, 2, 3}, {0, 2, 1}, {0, 1, 51}}) {
      assertThatThrownBy(
              () ->
                  kernels.recurrence(
                      lambda, t, new PackedSequences(starts, 2), kernels.allocate(4), 1))
          .as(Arrays.toString(starts))
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(
            () ->
                kernels.recurrence(lambda, t, PackedSequences.of(0, 1, 2), kernels.allocate(3), 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("state", "2 x 2 = 4", "holds 3");
  }

  @Test
  void whatAnotherBackendMadeIsRefused() {
    Tensor foreign =
        new Tensor() {
          @Override
          public int size() {
            return 100;
          }

          @Override
          public Tensor slice(int offset, int size) {
            return this;
          }
        };
    Tensor own = kernels.allocate(4);
    assertThatThrownBy(() -> kernels.activate(Activation.RELU, foreign, own, 4))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(kernels.name());
    assertThatThrownBy(() -> kernels.linear(null, own, own, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(kernels.name());
  }

  // ----------------------------------------------------------------- helpers

  /** Operations that map {@code rows x width} to as many values, each row by itself. */
  private enum RowOperation {
    LAYER_NORM,
    LAYER_NORM_IN_PLACE,
    AFFINE,
    AFFINE_IN_PLACE,
    GLU_RESIDUAL,
    GLU_RESIDUAL_IN_PLACE,
    ADD_SCALED,
    ADD_SCALED_GELU,
    ADD_SCALED_SIGMOID,
    ADD_SCALED_RELU,
    GELU,
    GELU_IN_PLACE,
    LOG_SOFTMAX,
    LOG_SOFTMAX_IN_PLACE,
    MULTIPLY,
    SCALE_NORM,
    SCALE_NORM_IN_PLACE;

    /** Runs on rows {@code first .. first + rows - 1} of one fixed table of 128 rows. */
    Tensor run(Kernels k, int rows, int width, int first, Tensor y) {
      int size = rows * width;
      Tensor a = k.constant(random(1, width));
      Tensor b = k.constant(random(2, width));
      // all inputs are views that do not begin at 0
      Tensor x = k.constant(random(3, 128 * width)).view(first * width, size);
      Tensor ab = k.constant(random(4, 256 * width)).view(first * 2 * width, 2 * size);
      boolean inPlace = name().endsWith("IN_PLACE") || name().startsWith("ADD_SCALED");
      if (inPlace) {
        double[] start = random(name().startsWith("ADD_SCALED") ? 5 : 3, 128 * width);
        k.write(start, first * width, y, 0, size);
      }
      Tensor in = inPlace ? y : x;
      switch (this) {
        case LAYER_NORM, LAYER_NORM_IN_PLACE ->
            k.layerNorm(new NormWeights(a, b, 1e-6), in, y, rows, width);
        case AFFINE, AFFINE_IN_PLACE -> k.affine(a, b, in, y, rows, width);
        case GLU_RESIDUAL, GLU_RESIDUAL_IN_PLACE -> k.gluResidual(in, ab, y, rows, width);
        case ADD_SCALED -> k.addScaled(a, x, y, Activation.NONE, rows, width);
        case ADD_SCALED_GELU -> k.addScaled(a, x, y, Activation.GELU_TANH, rows, width);
        case ADD_SCALED_SIGMOID -> k.addScaled(a, x, y, Activation.SIGMOID, rows, width);
        case ADD_SCALED_RELU -> k.addScaled(a, x, y, Activation.RELU, rows, width);
        case GELU, GELU_IN_PLACE -> k.activate(Activation.GELU_TANH, in, y, size);
        case LOG_SOFTMAX, LOG_SOFTMAX_IN_PLACE -> k.logSoftmax(in, y, rows, width);
        case MULTIPLY -> k.multiply(in, x, y, size);
        case SCALE_NORM, SCALE_NORM_IN_PLACE -> k.scaleNorm(1.5, 1e-5, in, y, rows, width);
        default -> throw new IllegalStateException("no case for " + this);
      }
      return y;
    }
  }

  /** Every row of x is the same. */
  private static Tensor linear(Kernels k, int inputs, int outputs, int rows, Tensor y) {
    Kernels.Linear w = k.linear(random(1, outputs * inputs), random(2, outputs), outputs, inputs);
    double[] row = random(3, inputs);
    double[] x = new double[rows * inputs];
    Arrays.setAll(x, i -> row[i % inputs]);
    k.linear(w, k.constant(x), y, rows);
    return y;
  }

  private static Kernels.Diagonal lambda(Kernels k, int width) {
    double[] re = new double[width];
    double[] im = new double[width];
    for (int j = 0; j < width; j++) {
      double radius = 0.5 + 0.4999 * j / width;
      re[j] = radius * Math.cos(j);
      im[j] = radius * Math.sin(j);
    }
    return k.diagonal(re, im);
  }

  private double[] activate(Activation f, double[] x) {
    Tensor y = kernels.constant(x);
    kernels.activate(f, y, y, x.length);
    return read(y, x.length);
  }

  private Tensor logSoftmax(double[] x) {
    Tensor y = kernels.constant(x);
    kernels.logSoftmax(y, y, 1, x.length);
    return y;
  }

  /**
   * Runs the operation on both backends into the middle of a larger tensor, and checks the answers
   * and that nothing around them was touched.
   */
  private void equalsReference(int size, BiConsumer<Kernels, Tensor> operation) {
    int margin = 37;
    double[] expected = new double[size];
    double[] got = new double[size + 2 * margin];
    Tensor plain = reference.allocate(size);
    operation.accept(reference, plain);
    reference.read(plain, 0, expected, 0, size);
    Tensor wide = kernels.allocate(size + 2 * margin);
    kernels.fill(wide, 0, size + 2 * margin, 77);
    operation.accept(kernels, wide.view(margin, size));
    kernels.read(wide, 0, got, 0, got.length);
    for (int i = 0; i < got.length; i++) {
      double wanted = i < margin || i >= margin + size ? 77 : expected[i - margin];
      double allowed = tolerance() * Math.max(1, Math.abs(wanted));
      if (!(Math.abs(got[i] - wanted) <= allowed)
          && !(Double.isNaN(wanted) && Double.isNaN(got[i]))) {
        throw new AssertionError(
            "value " + (i - margin) + " of " + size + ": expected " + wanted + ", got " + got[i]);
      }
    }
  }

  private Offset<Double> within() {
    return Offset.offset(tolerance());
  }

  private double[] read(Tensor t, int count) {
    double[] values = new double[count];
    kernels.read(t, 0, values, 0, count);
    return values;
  }
}
