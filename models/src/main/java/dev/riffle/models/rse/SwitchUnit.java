package dev.riffle.models.rse;

import dev.riffle.kernels.Activation;
import dev.riffle.kernels.Arguments;
import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.Kernels.Linear;
import dev.riffle.kernels.Shuffle;
import dev.riffle.kernels.Tensor;
import dev.riffle.models.Scratch;
import dev.riffle.models.weights.Weights;

/**
 * The learnt part of the network, which takes neighbours (2j, 2j + 1) as one row y of 2m values:
 *
 * <pre>
 *   c  = K2 f(norm(K1 y)) + b2
 *   y' = residual (.) y + factor c
 * </pre>
 *
 * <p>Immutable and shared by all threads; work memory is the caller's.
 */
final class SwitchUnit {
  /** 0.25 sqrt(1 - 0.9^2): the paper's share of the candidate. */
  private static final double FACTOR = 0.25 * Math.sqrt(1 - 0.81);

  private final Kernels kernels;
  private final int width;
  private final Linear expand; // [4m, 2m]
  private final PositionNorm overPositions; // the norm, or null for one over features
  private final Tensor weight; // of the norm over features, [4m]
  private final Tensor bias;
  private final Linear contract; // [2m, 4m], factor within
  private final Tensor residual; // [2, m]

  private SwitchUnit(
      Kernels kernels,
      int width,
      double[] k1,
      PositionNorm overPositions,
      Tensor weight,
      Tensor bias,
      double[] k2,
      double[] b2,
      double factor,
      double[] residual) {
    this.kernels = kernels;
    this.width = width;
    this.expand = kernels.linear(k1, null, 4 * width, 2 * width);
    this.overPositions = overPositions;
    this.weight = weight;
    this.bias = bias;
    this.contract = kernels.linear(times(factor, k2), times(factor, b2), 2 * width, 4 * width);
    this.residual = kernels.constant(residual);
  }

  /** The official unit, under TensorFlow's names below {@code steps_recursive/0_forward/}. */
  static SwitchUnit official(Kernels kernels, Weights w, int m) {
    return new SwitchUnit(
        kernels,
        m,
        w.requireTransposed("cand1/c/CvK", 2 * m, 4 * m),
        new PositionNorm(kernels, w.require("norm/c/norm_bias/offset", 1, 1, 4 * m)),
        null,
        null,
        w.requireTransposed("cand2/c/CvK", 4 * m, 2 * m),
        w.require("cand2/c/CvB", 2 * m),
        FACTOR,
        sigmoid(2, w.require("residual", 2 * m)));
  }

  /** PyTorch variant a: layer norm over features, exact gelu, sigmoid(s), learnt factor h. */
  static SwitchUnit torchA(Kernels kernels, Weights w, int m) {
    return new SwitchUnit(
        kernels,
        m,
        w.require("unit.0.weight", 4 * m, 2 * m),
        null,
        kernels.constant(w.require("unit.1.weight", 4 * m)),
        kernels.constant(w.require("unit.1.bias", 4 * m)),
        w.require("unit.3.weight", 2 * m, 4 * m),
        w.require("unit.3.bias", 2 * m),
        w.require("h", 1)[0],
        sigmoid(1, w.require("s", 2 * m)));
  }

  /** PyTorch variant b: the official unit under names of its own, matrices {@code [out, in]}. */
  static SwitchUnit torchB(Kernels kernels, Weights w, int m) {
    return new SwitchUnit(
        kernels,
        m,
        w.require("unit.0.weight", 4 * m, 2 * m),
        new PositionNorm(kernels, w.require("unit.1.offset", 1, 1, 4 * m)),
        null,
        null,
        w.require("unit.3.weight", 2 * m, 4 * m),
        w.require("unit.3.bias", 2 * m),
        FACTOR,
        sigmoid(2, w.require("s", 2 * m)));
  }

  /**
   * Applies the unit and leaves the positions shuffled.
   *
   * @param x {@code [sequences, length, m]}, length even
   * @param y {@code [sequences, length, m]}, not x
   */
  void apply(Tensor x, Tensor y, int sequences, int length, Shuffle shuffle, Scratch work) {
    int rows = sequences * (length / 2);
    if (overPositions != null && !work.observed()) {
      Tensor a = work.tensor("rse.a", rows * 4 * width);
      kernels.switchUnit(
          expand,
          overPositions.offset(),
          PositionNorm.EPSILON,
          PositionNorm.ACTIVATION,
          contract,
          residual,
          x,
          a,
          size -> work.tensor("rse.c", size),
          y,
          sequences,
          length,
          width,
          shuffle);
      return;
    }

    // c = factor (K2 f(norm(K1 y)) + b2)
    Tensor c = work.tensor("rse.c", rows * 2 * width);
    if (overPositions != null) {
      Tensor a = work.tensor("rse.a", rows * 4 * width);
      kernels.linear(expand, x, a, rows);
      overPositions.apply(a, sequences, length / 2);
      kernels.linear(contract, a, c, rows);
    } else {
      Arguments.holds("x", x, rows, 2L * width);
      kernels.inTiles(rows, 4 * width, (first, n, a) -> candidates(x, c, first, n, a));
    }

    // y' = residual (.) y + c
    if (work.observed()) {
      kernels.residual(residual, x, c, y, sequences, length, width, Shuffle.NONE);
      work.show("unit", y, sequences * length, width);
    }
    kernels.residual(residual, x, c, y, sequences, length, width, shuffle);
    work.show("shuffled", y, sequences * length, width);
  }

  /** Some rows of c, whose norm is over features. */
  private void candidates(Tensor x, Tensor c, int first, int rows, Tensor a) {
    int pair = 2 * width;
    kernels.linear(expand, x.view(first * pair, rows * pair), a, rows);
    kernels.layerNorm(weight, bias, 1e-5, a, a, rows, 4 * width);
    kernels.activate(Activation.GELU, a, a, rows * 4 * width);
    kernels.linear(contract, a, c.view(first * pair, rows * pair), rows);
  }

  private static double[] times(double factor, double[] values) {
    double[] scaled = values.clone();
    for (int i = 0; i < scaled.length; i++) {
      scaled[i] *= factor;
    }
    return scaled;
  }

  /** sigmoid(k s). */
  private static double[] sigmoid(double k, double[] s) {
    double[] y = new double[s.length];
    for (int i = 0; i < y.length; i++) {
      y[i] = 1 / (1 + Math.exp(-k * s[i]));
    }
    return y;
  }
}
