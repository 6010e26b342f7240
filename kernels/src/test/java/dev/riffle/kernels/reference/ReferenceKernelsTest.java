package dev.riffle.kernels.reference;

import static org.assertj.core.api.Assertions.assertThat;

import dev.riffle.kernels.Activation;
import dev.riffle.kernels.Backends;
import dev.riffle.kernels.FoGates;
import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.KernelsContract;
import dev.riffle.kernels.NormWeights;
import dev.riffle.kernels.PackedSequences;
import dev.riffle.kernels.Precision;
import dev.riffle.kernels.Tensor;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/** The contract, and numbers that can be checked by hand. */
final class ReferenceKernelsTest extends KernelsContract {
  private final Kernels k = Backends.find("reference");

  @Override
  protected Kernels kernels() {
    return Backends.find("reference");
  }

  @Test
  void itHoldsDoubles() {
    assertThat(k.name()).isEqualTo("reference");
    assertThat(k.precision()).isEqualTo(Precision.FLOAT64);
  }

  @Test
  void linearByHand() {
    Tensor y = k.allocate(4);
    // W = | 1 2 |   b = | 10 |   rows (1, 1) and (2, -1)
    //     | 3 4 |       | 20 |
    k.linear(
        k.linear(new double[] {1, 2, 3, 4}, new double[] {10, 20}, 2, 2),
        k.constant(new double[] {1, 1, 2, -1}),
        y,
        2);
    assertThat(read(y, 4)).containsExactly(13, 27, 10, 22);
  }

  @Test
  void activationsByHand() {
    Tensor y = k.constant(new double[] {-1, 0, 1});
    k.activate(Activation.SIGMOID, y, y, 3);
    assertThat(read(y, 3))
        .containsExactly(new double[] {0.2689414213699951, 0.5, 0.7310585786300049}, near());
    y = k.constant(new double[] {-1, 0, 1});
    k.activate(Activation.GELU_TANH, y, y, 3);
    // tanh(0.7978845608 * 1.044715) = tanh(0.8335619689) = 0.6823839838
    assertThat(read(y, 3))
        .containsExactly(new double[] {-0.1588080094, 0, 0.8411919906}, Offset.offset(1e-9));
    y = k.constant(new double[] {-1, 0, 1});
    k.activate(Activation.RELU, y, y, 3);
    assertThat(read(y, 3)).containsExactly(0, 0, 1);
  }

  @Test
  void geluByHand() {
    double[] x = {-20, -3, -1, 0, 0.5, 1, 8.4, 8.5, 20};
    Tensor y = k.constant(x);
    k.activate(Activation.GELU, y, y, x.length);
    // x Phi(x) of a table of the normal distribution
    double[] expected = {
      0,
      -0.004049694094890,
      -0.158655253931457,
      0,
      0.345731230637007,
      0.841344746068543,
      8.4,
      8.5,
      20
    };
    assertThat(read(y, x.length)).containsExactly(expected, Offset.offset(1e-14));
  }

  @Test
  void skipByHand() {
    Tensor y = k.constant(new double[] {1, 2, -3, 4});
    k.addScaled(
        k.constant(new double[] {10, 100}),
        k.constant(new double[] {1, 1, -2, 3}),
        y,
        Activation.RELU,
        2,
        2);
    assertThat(read(y, 4)).containsExactly(11, 102, 0, 304);
  }

  @Test
  void foPoolingByHand() {
    // z = 2, 4; f = sigmoid(0) = 1/2; c = 8 -> 1/2 8 + 1/2 2 = 5 -> 1/2 5 + 1/2 4 = 4.5
    Tensor state = k.constant(new double[] {8});
    Tensor y = k.allocate(2);
    Tensor zf = k.constant(new double[] {2, 0, 4, 0});
    k.foPooling(new FoGates(2, Activation.NONE, 0), zf, PackedSequences.of(0, 2), state, y, 1);
    assertThat(read(y, 2)).containsExactly(5, 4.5);
    assertThat(read(state, 1)).containsExactly(4.5);
    // zoneout 1/2: f = 3/4, c = 3/4 8 + 1/4 2 = 6.5; o = 1/2
    state = k.constant(new double[] {8});
    Tensor zfo = k.constant(new double[] {2, 0, 0});
    k.foPooling(new FoGates(3, Activation.NONE, 0.5), zfo, PackedSequences.of(0, 1), state, y, 1);
    assertThat(read(y, 1)).containsExactly(3.25);
    // i = sigmoid(log 3) = 3/4: c = 1/2 8 + 3/4 2 = 5.5
    state = k.constant(new double[] {8});
    Tensor zfoi = k.constant(new double[] {2, 0, 0, Math.log(3)});
    k.foPooling(new FoGates(4, Activation.NONE, 0), zfoi, PackedSequences.of(0, 1), state, y, 1);
    assertThat(read(y, 1)).containsExactly(new double[] {2.75}, near());
  }

  @Test
  void causalUnfoldByHand() {
    Tensor tail = k.constant(new double[] {1, 2});
    Tensor y = k.allocate(9);
    Tensor x = k.constant(new double[] {3, 4, 5});
    k.causalUnfold(x, PackedSequences.of(0, 3), tail, y, 1, 3);
    assertThat(read(y, 9)).containsExactly(1, 2, 3, 2, 3, 4, 3, 4, 5);
    assertThat(read(tail, 2)).containsExactly(4, 5);
  }

  @Test
  void normalizeByHand() {
    // mean 3, variance (4 + 0 + 4) / 3, plus 1/3 = 3: (x - 3) / sqrt(3)
    Tensor y = k.constant(new double[] {1, 3, 5});
    k.layerNorm(
        new NormWeights(
            k.constant(new double[] {Math.sqrt(3), 1, 2 * Math.sqrt(3)}),
            k.constant(new double[] {0, 7, 1}),
            1.0 / 3),
        y,
        y,
        1,
        3);
    assertThat(read(y, 3)).containsExactly(new double[] {-2, 7, 5}, near());
  }

  @Test
  void gatedMixByHand() {
    // sigmoid(0) = 1/2, sigmoid(ln 3) = 3/4
    Tensor y = k.constant(new double[] {1, 2});
    k.gluResidual(y, k.constant(new double[] {8, 8, 0, Math.log(3)}), y, 1, 2);
    assertThat(read(y, 2)).containsExactly(new double[] {5, 8}, near());
  }

  @Test
  void recurrenceByHand() {
    // lambda = i turns by a quarter: 1, i + 1, (i + 1) i + 1 = i, i i + 1 = 0
    Tensor u = k.constant(new double[] {1, 0, 1, 0, 1, 0, 1, 0});
    Tensor state = k.allocate(2);
    k.recurrence(
        k.diagonal(new double[] {0}, new double[] {1}), u, PackedSequences.of(0, 4), state, 1);
    assertThat(read(u, 8)).containsExactly(1, 0, 1, 1, 0, 1, 0, 0);
    assertThat(read(state, 2)).containsExactly(0, 0);
  }

  @Test
  void gatherByHand() {
    Tensor y = k.allocate(6);
    k.gather(
        k.index(new int[] {1, -1, 0}, new double[] {9}, 2),
        k.constant(new double[] {1, 2, 3, 4}),
        y,
        2);
    assertThat(read(y, 6)).containsExactly(2, 9, 1, 4, 9, 3);
  }

  @Test
  void runningMeanByHand() {
    // two earlier steps with sum 4, then 5 and 3: 9 / 3, 12 / 4
    Tensor x = k.constant(new double[] {5, 3});
    Tensor sums = k.constant(new double[] {4, 0});
    k.runningMean(x, PackedSequences.of(0, 2), new long[] {2}, sums, x, 1);
    assertThat(read(x, 2)).containsExactly(3, 3);
    assertThat(read(sums, 2)).containsExactly(12, 0);
  }

  @Test
  void logSoftmaxByHand() {
    Tensor x = k.constant(new double[] {0, Math.log(3)});
    k.logSoftmax(x, x, 1, 2);
    assertThat(read(x, 2)).containsExactly(new double[] {Math.log(0.25), Math.log(0.75)}, near());
  }

  private static Offset<Double> near() {
    return Offset.offset(1e-15 * 10);
  }

  private double[] read(Tensor t, int count) {
    double[] values = new double[count];
    k.read(t, 0, values, 0, count);
    return values;
  }
}
