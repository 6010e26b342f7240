package dev.riffle.models.lru;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.riffle.kernels.Backends;
import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.PackedSequences;
import dev.riffle.kernels.Tensor;
import dev.riffle.models.Scratch;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LruLayerTest {
  private static final int D = 5;
  private static final int N = 3;

  private final Kernels kernels = Backends.find("reference");
  private final Random random = new Random(7);
  private final LruLayer.Parameters p = parameters();
  private final double[] weight = numbers(D);
  private final double[] bias = numbers(D);

  @ParameterizedTest
  @CsvSource({"true, 1", "false, 1", "true, 4", "false, 4"})
  void aLayerIsItsEquations(boolean prenorm, int groups) {
    int[] starts = {0, 3, 3, 8}; // sequences of 3, 0 and 5 rows
    double[] x = numbers(8 * groups * D);
    double[] state = numbers(3 * groups * 2 * N);
    Norm norm = Norm.layer(kernels, weight, bias, 1e-6);
    LruLayer layer = new LruLayer(kernels, p, norm, prenorm, groups);
    Tensor outputs = kernels.constant(x);
    Tensor states = kernels.constant(state);

    layer.advance(outputs, new PackedSequences(starts, 3), states, new Scratch(kernels));

    for (int b = 0; b < 3; b++) {
      for (int g = 0; g < groups; g++) {
        int at = (b * groups + g) * 2 * N;
        for (int t = starts[b]; t < starts[b + 1]; t++) {
          byHand(x, (t * groups + g) * D, state, at, prenorm);
        }
      }
    }
    assertThat(values(outputs, x.length)).containsExactly(x, within(1e-12));
    assertThat(values(states, state.length)).containsExactly(state, within(1e-12));
  }

  @Test
  void aPhaseOfZeroAndAModulusOfOneAreLegal() {
    p.thetaLog()[0] = Double.NEGATIVE_INFINITY;
    p.nuLog()[0] = Double.NEGATIVE_INFINITY;
    double[] x = numbers(D);
    double[] state = numbers(2 * N);
    LruLayer layer = new LruLayer(kernels, p, Norm.layer(kernels, weight, bias, 1e-6), true, 1);
    Tensor outputs = kernels.constant(x);
    layer.advance(outputs, PackedSequences.of(0, 1), kernels.constant(state), new Scratch(kernels));
    byHand(x, 0, state, 0, true);
    assertThat(values(outputs, D)).containsExactly(x, within(1e-12)).doesNotContain(Double.NaN);
  }

  @Test
  void batchNormIsItsEquation() {
    double[] mean = numbers(D);
    double[] variance = {0.5, 1, 2, 3, 0};
    double[] x = numbers(2 * D);
    Tensor y = kernels.allocate(2 * D);
    Norm.batch(kernels, weight, bias, mean, variance).apply(kernels.constant(x), y, 2);
    for (int i = 0; i < x.length; i++) {
      int j = i % D;
      x[i] = (x[i] - mean[j]) / Math.sqrt(variance[j] + 1e-5) * weight[j] + bias[j];
    }
    assertThat(values(y, x.length)).containsExactly(x, within(1e-9));
  }

  /** One row of one group, one loop per line of the paper. */
  private void byHand(double[] x, int at, double[] state, int s, boolean prenorm) {
    double[] in = Arrays.copyOfRange(x, at, at + D);
    double[] u = prenorm ? norm(in) : in;
    for (int j = 0; j < N; j++) {
      double modulus = Math.exp(-Math.exp(p.nuLog()[j]));
      double phase = Math.exp(p.thetaLog()[j]);
      double re = state[s + j];
      double im = state[s + N + j];
      double inRe = 0;
      double inIm = 0;
      for (int i = 0; i < D; i++) {
        inRe += p.bRe()[j * D + i] * u[i];
        inIm += p.bIm()[j * D + i] * u[i];
      }
      double gamma = Math.exp(p.gammaLog()[j]);
      state[s + j] = modulus * (Math.cos(phase) * re - Math.sin(phase) * im) + gamma * inRe;
      state[s + N + j] = modulus * (Math.cos(phase) * im + Math.sin(phase) * re) + gamma * inIm;
    }
    double[] z = new double[D];
    for (int o = 0; o < D; o++) {
      double y = p.skip()[o] * u[o];
      for (int j = 0; j < N; j++) {
        y += p.cRe()[o * N + j] * state[s + j] - p.cIm()[o * N + j] * state[s + N + j];
      }
      z[o] = 0.5 * y * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (y + 0.044715 * y * y * y)));
    }
    double[] out = new double[D];
    for (int o = 0; o < D; o++) {
      double value = p.out1Bias()[o];
      double gate = p.out2Bias()[o];
      for (int i = 0; i < D; i++) {
        value += p.out1()[o * D + i] * z[i];
        gate += p.out2()[o * D + i] * z[i];
      }
      out[o] = in[o] + value / (1 + Math.exp(-gate));
    }
    System.arraycopy(prenorm ? out : norm(out), 0, x, at, D);
  }

  private double[] norm(double[] x) {
    double mean = Arrays.stream(x).average().orElseThrow();
    double variance = Arrays.stream(x).map(v -> (v - mean) * (v - mean)).average().orElseThrow();
    double[] y = new double[D];
    for (int j = 0; j < D; j++) {
      y[j] = (x[j] - mean) / Math.sqrt(variance + 1e-6) * weight[j] + bias[j];
    }
    return y;
  }

  private LruLayer.Parameters parameters() {
    return new LruLayer.Parameters(
        D,
        N,
        numbers(N),
        numbers(N),
        numbers(N),
        numbers(N * D),
        numbers(N * D),
        numbers(D * N),
        numbers(D * N),
        numbers(D),
        numbers(D * D),
        numbers(D),
        numbers(D * D),
        numbers(D));
  }

  private double[] numbers(int count) {
    return random.doubles(count, -1, 1).toArray();
  }

  private double[] values(Tensor from, int count) {
    double[] values = new double[count];
    kernels.read(from, 0, values, 0, count);
    return values;
  }
}
