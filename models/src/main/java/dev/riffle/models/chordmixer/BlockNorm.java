package dev.riffle.models.chordmixer;

import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.NormWeights;
import dev.riffle.kernels.PackedSequences;
import dev.riffle.kernels.RowNorm;
import dev.riffle.kernels.Tensor;
import dev.riffle.models.lru.Norm;
import dev.riffle.models.weights.Weights;

/**
 * A normalisation of a block, with its weights on one backend; every epsilon is 1e-5.
 *
 * @param row what it does to a row by itself; {@link RowNorm#NONE} for a group norm
 * @param group of a group norm, over neighboring features and all positions of a sequence; null for
 *     others
 */
record BlockNorm(Kernels kernels, RowNorm row, NormWeights group, int width, int groups) {
  /**
   * Reads the weights of a norm.
   *
   * @param weights of the block
   * @param name {@code prenorm} or {@code norm}
   * @param groups of a group norm
   * @return null for {@link ChordMixerConfig.NormKind#NONE}
   */
  static BlockNorm of(
      ChordMixerConfig.NormKind kind,
      Kernels kernels,
      Weights weights,
      String name,
      int width,
      int groups) {
    return switch (kind) {
      case LN -> layer(kernels, weights.under(name + "."), width);
      case BN -> batch(kernels, weights.under(name + ".bn."), width);
      case GN -> group(kernels, weights.under(name + ".gn."), width, groups);
      case NONE -> null;
    };
  }

  // over the features of a row
  private static BlockNorm layer(Kernels kernels, Weights w, int width) {
    return of(Norm.layer(kernels, w.require("weight", width), w.require("bias", width), 1e-5));
  }

  // with the running statistics of training
  private static BlockNorm batch(Kernels kernels, Weights w, int width) {
    return of(
        Norm.batch(
            kernels,
            w.require("weight", width),
            w.require("bias", width),
            w.require("running_mean", width),
            w.require("running_var", width)));
  }

  private static BlockNorm of(Norm norm) {
    return new BlockNorm(norm.kernels(), norm.row(), null, norm.width(), 0);
  }

  private static BlockNorm group(Kernels kernels, Weights w, int width, int groups) {
    Tensor weight = kernels.constant(w.require("weight", width));
    Tensor bias = kernels.constant(w.require("bias", width));
    return new BlockNorm(kernels, RowNorm.NONE, new NormWeights(weight, bias, 1e-5), width, groups);
  }

  /** What it does to rows by themselves; nothing where there is no norm, or one over windows. */
  static RowNorm rowOf(BlockNorm norm) {
    return norm == null ? RowNorm.NONE : norm.row;
  }

  /** Whether it takes a whole window to norm a row. */
  static boolean seesWindow(BlockNorm norm) {
    return norm != null && norm.group != null;
  }

  /** A group norm of x {@code [rows, width]} into y, which may be x. */
  void applyToWindows(Tensor x, Tensor y, PackedSequences sequences) {
    kernels.groupNorm(group, groups, x, sequences, y, width);
  }
}
