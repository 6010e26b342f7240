package dev.riffle.models.rse;

import dev.riffle.kernels.Activation;
import dev.riffle.kernels.Constants.Linear;
import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.NormWeights;
import dev.riffle.kernels.PackedSequences;
import dev.riffle.kernels.PositionNorm;
import dev.riffle.kernels.Positions;
import dev.riffle.kernels.Shuffle;
import dev.riffle.kernels.SwitchUnitWeights;
import dev.riffle.kernels.Tensor;
import dev.riffle.models.Scratch;
import dev.riffle.models.weights.Weights;
import java.util.Optional;

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
  private final Linear expand;
  private final Optional<PositionNorm> overPositions; // [4m]
  private final Optional<NormWeights> overFeatures; // [4m]; exactly one of both norms is present
  private final Linear contract;
  private final Tensor scale;
  private final Optional<SwitchUnitWeights> fused; // present with a norm over positions

  /**
   * @param factor of the candidate, multiplied into the second matrix
   */
  private SwitchUnit(
      Kernels kernels,
      Matrices matrices,
      Optional<PositionNorm> overPositions,
      Optional<NormWeights> overFeatures,
      double factor,
      double[] residual) {
    int pair = matrices.b2.length; // 2m
    this.kernels = kernels;
    this.width = pair / 2;
    this.expand = kernels.linear(matrices.k1, null, 2 * pair, pair);
    this.overPositions = overPositions;
    this.overFeatures = overFeatures;
    this.contract =
        kernels.linear(times(factor, matrices.k2), times(factor, matrices.b2), pair, 2 * pair);
    this.scale = kernels.constant(residual);
    this.fused = overPositions.map(norm -> new SwitchUnitWeights(expand, norm, contract, scale));
  }

  /**
   * The products of a unit.
   *
   * @param k1 {@code [4m, 2m]}
   * @param k2 {@code [2m, 4m]}
   * @param b2 {@code [2m]}
   */
  private record Matrices(double[] k1, double[] k2, double[] b2) {}

  /** The official unit, under TensorFlow's names below {@code steps_recursive/0_forward/}. */
  static SwitchUnit official(Kernels kernels, Weights w, int m) {
    return overPositions(
        kernels,
        new Matrices(
            w.requireTransposed("cand1/c/CvK", 2 * m, 4 * m),
            w.requireTransposed("cand2/c/CvK", 4 * m, 2 * m),
            w.require("cand2/c/CvB", 2 * m)),
        w.require("norm/c/norm_bias/offset", 1, 1, 4 * m),
        w.require("residual", 2 * m));
  }

  /** PyTorch variant a: layer norm over features, exact gelu, sigmoid(s), learnt factor h. */
  static SwitchUnit torchA(Kernels kernels, Weights w, int m) {
    return new SwitchUnit(
        kernels,
        torch(w, m),
        Optional.empty(),
        Optional.of(
            new NormWeights(
                kernels.constant(w.require("unit.1.weight", 4 * m)),
                kernels.constant(w.require("unit.1.bias", 4 * m)),
                1e-5)),
        w.require("h", 1)[0],
        sigmoid(1, w.require("s", 2 * m)));
  }

  /** PyTorch variant b: the official unit under other names, matrices {@code [out, in]}. */
  static SwitchUnit torchB(Kernels kernels, Weights w, int m) {
    return overPositions(
        kernels, torch(w, m), w.require("unit.1.offset", 1, 1, 4 * m), w.require("s", 2 * m));
  }

  private static SwitchUnit overPositions(
      Kernels kernels, Matrices matrices, double[] offset, double[] residual) {
    Optional<PositionNorm> norm = Optional.of(OfficialNorm.of(kernels, offset));
    return new SwitchUnit(kernels, matrices, norm, Optional.empty(), FACTOR, sigmoid(2, residual));
  }

  private static Matrices torch(Weights w, int m) {
    return new Matrices(
        w.require("unit.0.weight", 4 * m, 2 * m),
        w.require("unit.3.weight", 2 * m, 4 * m),
        w.require("unit.3.bias", 2 * m));
  }

  /**
   * Applies the unit and leaves the positions shuffled.
   *
   * @param x {@code [sequences, length, m]}, length even
   * @param y {@code [sequences, length, m]}, not x
   */
  void apply(Tensor x, Tensor y, int sequences, int length, Shuffle shuffle, Scratch work) {
    Positions positions = new Positions(sequences, length, shuffle);
    int rows = sequences * positions.pairs();
    if (fused.isPresent() && !work.observed()) {
      Tensor a = work.tensor("rse.a", rows * 4 * width);
      kernels.switchUnit(fused.get(), x, a, size -> work.tensor("rse.c", size), y, positions);
      return;
    }

    // c = factor (K2 f(norm(K1 y)) + b2)
    Tensor c = work.tensor("rse.c", rows * 2 * width);
    if (overPositions.isPresent()) {
      Tensor a = work.tensor("rse.a", rows * 4 * width);
      PackedSequences pairs = PackedSequences.equal(sequences, positions.pairs());
      kernels.linear(expand, x, a, rows);
      kernels.positionNorm(overPositions.get(), a, a, pairs, 4 * width);
      kernels.linear(contract, a, c, rows);
    } else {
      if ((long) rows * 2 * width > x.size()) {
        throw new IllegalArgumentException(
            String.format(
                "Expected %d pairs of positions of %d features each, found %d values.",
                rows, width, x.size()));
      }
      NormWeights norm = overFeatures.orElseThrow();
      kernels.inTiles(
          rows,
          4 * width,
          (first, n, a) -> {
            // some rows of c
            int pair = 2 * width;
            kernels.linear(expand, x.view(first * pair, n * pair), a, n);
            kernels.layerNorm(norm, a, a, n, 4 * width);
            kernels.activate(Activation.GELU, a, a, n * 4 * width);
            kernels.linear(contract, a, c.view(first * pair, n * pair), n);
          });
    }

    // y' = residual (.) y + c
    if (work.observed()) {
      Positions unshuffled = new Positions(sequences, length, Shuffle.NONE);
      kernels.residual(scale, x, c, y, unshuffled, width);
      work.show("unit", y, positions.rows(), width);
    }
    kernels.residual(scale, x, c, y, positions, width);
    work.show("shuffled", y, positions.rows(), width);
  }

  /** Returns {@code factor values}. */
  static double[] times(double factor, double[] values) {
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
