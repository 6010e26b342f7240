package dev.riffle.kernels.cuda;

import static dev.riffle.kernels.TestValues.linear;
import static dev.riffle.kernels.TestValues.mlp;
import static dev.riffle.kernels.TestValues.random;
import static dev.riffle.kernels.TestValues.read;
import static dev.riffle.kernels.TestValues.run;
import static dev.riffle.kernels.TestValues.switchUnit;
import static dev.riffle.kernels.TestValues.times;
import static dev.riffle.kernels.TestValues.values;
import static org.assertj.core.api.Assertions.assertThat;

import dev.riffle.kernels.Activation;
import dev.riffle.kernels.Backends;
import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.NormWeights;
import dev.riffle.kernels.PackedSequences;
import dev.riffle.kernels.PositionNorm;
import dev.riffle.kernels.Positions;
import dev.riffle.kernels.RecurrentLayer;
import dev.riffle.kernels.RowNorm;
import dev.riffle.kernels.Shuffle;
import dev.riffle.kernels.SwitchUnitWeights;
import dev.riffle.kernels.Tensor;
import dev.riffle.kernels.TestValues.Operation;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Each kernel that comes in several tilings, in all of them: on a GPU of one part, which takes the
 * largest, and on one of a thousand, which takes the smallest. Both must give what the reference
 * gives, and each other's bits.
 */
class CudaTilesTest {
  private final Kernels large = TestGpu.anyThread(TestGpu.of(CudaOptions.Precision.FP32, 1));
  private final Kernels small = TestGpu.anyThread(TestGpu.of(CudaOptions.Precision.FP32, 1000));

  @Test
  void productsHaveTheSameBitsInAllTilings() {
    for (int[] shape : new int[][] {{8, 5, 3}, {130, 129, 33}, {150, 70, 16}, {257, 200, 49}}) {
      int rows = shape[0];
      int outputs = shape[1];
      int inputs = shape[2];
      double[] found =
          agree(
              rows * outputs,
              (k, y) ->
                  k.linear(linear(k, 1, inputs, outputs), values(k, 2, rows * inputs), y, rows));
      // and row by row, with a warp to each
      Tensor y = small.allocate(outputs);
      for (int r : new int[] {0, rows / 2, rows - 1}) {
        Tensor x = values(small, 2, rows * inputs).view(r * inputs, inputs);
        small.linear(linear(small, 1, inputs, outputs), x, y, 1);
        assertThat(read(small, y, outputs))
            .isEqualTo(Arrays.copyOfRange(found, r * outputs, (r + 1) * outputs));
      }
    }
  }

  @Test
  void overlappingRowsHaveTheSameBitsInAllTilings() {
    agree(
        150 * 65,
        (k, y) -> k.convolve(linear(k, 1, 12, 65), values(k, 2, 149 * 5 + 12), 5, y, 150));
  }

  @ParameterizedTest
  @EnumSource(Shuffle.class)
  void switchUnitsHaveTheSameBitsInAllTilings(Shuffle shuffle) {
    // 64 pairs and more have their moments from the product, fewer from a pass of their own
    for (int[] shape : new int[][] {{3, 64, 17}, {2, 256, 24}, {1, 512, 20}, {3, 128, 33}}) {
      int sequences = shape[0];
      int length = shape[1];
      int width = shape[2];
      agree(
          sequences * length * width, switchUnit(new Positions(sequences, length, shuffle), width));
    }
  }

  @Test
  void aChannelThatNeverChangesStaysInASwitchUnit() {
    // one channel of the hidden values is constant, and its offset 0: it must be 0 after the norm
    int width = 4;
    int length = 256;
    double[] expand = random(1, 16 * 8);
    Arrays.fill(expand, 0, 8, 0);
    double[] bias = random(2, 16);
    bias[0] = 0.1;
    double[] offset = random(3, 16);
    offset[0] = 0;
    double[] contract = new double[8 * 16];
    IntStream.range(0, 8).forEach(i -> contract[i * 16] = 1); // sees that channel alone
    for (Kernels k : new Kernels[] {large, small}) {
      Tensor y = k.allocate(length * width);
      k.switchUnit(
          new SwitchUnitWeights(
              k.linear(expand, bias, 16, 8),
              new PositionNorm(k.constant(offset), 1e-10, Activation.NONE),
              k.linear(contract, null, 8, 16),
              k.allocate(8)),
          values(k, 4, length * width),
          k.allocate(length / 2 * 16),
          k::allocate,
          y,
          new Positions(1, length, Shuffle.LEFT));
      assertThat(read(k, y, length * width)).containsOnly(0);
    }
  }

  @Test
  void rowsTooWideForRegistersAreNormedInPlace() {
    for (int width : new int[] {1025, 1500}) {
      agree(
          3 * width,
          (k, y) -> {
            k.write(random(1, 3 * width), 0, y, 0, 3 * width);
            k.layerNorm(
                new NormWeights(values(k, 2, width), values(k, 3, width), 1e-5), y, y, 3, width);
          });
      agree(
          3 * width,
          (k, y) -> {
            k.write(random(1, 3 * width), 0, y, 0, 3 * width);
            k.logSoftmax(y, y, 3, width);
          });
    }
  }

  @Test
  void mlpsHaveTheSameBitsInAllTilings() {
    for (int[] shape : new int[][] {{12, 5}, {20, 130}, {132, 128}, {112, 64}, {17, 13}}) {
      agree(75 * shape[0], mlp(shape[0], shape[1], 75));
    }
  }

  @Test
  void recurrentLayersHaveTheSameBitsInAllTilings() {
    for (int[] shape : new int[][] {{12, 8}, {64, 60}, {4, 128}, {128, 4}}) {
      int d = shape[0];
      int n = shape[1];
      int rows = 75;
      agree(
          rows * (d + 2 * n),
          (k, y) -> {
            Tensor x = y.view(0, rows * d);
            Tensor state = y.view(rows * d, rows * 2 * n);
            k.write(random(1, rows * d), 0, x, 0, rows * d);
            k.write(random(2, rows * 2 * n), 0, state, 0, rows * 2 * n);
            RecurrentLayer layer =
                new RecurrentLayer(
                    RowNorm.layer(values(k, 3, d), values(k, 4, d), 1e-6),
                    true,
                    linear(k, 5, d, 2 * n),
                    k.diagonal(times(0.5, random(6, n)), times(0.5, random(7, n))),
                    linear(k, 8, 2 * n, d),
                    values(k, 9, d),
                    Activation.GELU_TANH,
                    linear(k, 10, d, 2 * d));
            int[] starts = IntStream.rangeClosed(0, rows).toArray();
            k.advance(
                layer,
                x,
                new PackedSequences(starts, rows),
                state,
                1,
                (name, size) -> k.allocate(size));
          });
    }
  }

  /** Runs the operation in both tilings and on the reference. */
  private double[] agree(int size, Operation operation) {
    double[] one = run(large, size, operation);
    double[] other = run(small, size, operation);
    assertThat(one).isEqualTo(other);
    double[] expected = run(Backends.find("reference"), size, operation);
    for (int i = 0; i < size; i++) {
      double allowed = 5e-5 * Math.max(1, Math.abs(expected[i]));
      assertThat(Math.abs(one[i] - expected[i])).as("value %d", i).isLessThanOrEqualTo(allowed);
    }
    return one;
  }
}
