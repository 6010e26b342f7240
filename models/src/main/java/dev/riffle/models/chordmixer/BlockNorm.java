package dev.riffle.models.chordmixer;

import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.RowNorm;
import dev.riffle.kernels.Tensor;
import dev.riffle.models.lru.Norm;
import dev.riffle.models.weights.Weights;

/**
 * A normalisation of a block, with its weights on one backend; every epsilon is 1e-5.
 *
 * @param row what it does to a row by itself; null for a group norm
 * @param weight {@code [width]} of a group norm, over neighbouring features and all positions of a
 *     sequence; else null
 * @param bias likewise
 */
record BlockNorm(Kernels kernels, RowNorm row, Tensor weight, Tensor bias, int width, int groups) {

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
    return new BlockNorm(norm.kernels(), norm.row(), null, null, norm.width(), 0);
  }

  private static BlockNorm group(Kernels kernels, Weights w, int width, int groups) {
    Tensor weight = kernels.constant(w.require("weight", width));
    Tensor bias = kernels.constant(w.require("bias", width));
    return new BlockNorm(kernels, null, weight, bias, width, groups);
  }

  /** What it does to rows by themselves; null where there is no norm, or one that sees more. */
  static RowNorm rowOf(BlockNorm norm) {
    return norm == null ? null : norm.row;
  }

  /** Whether it takes a whole window to norm a row. */
  static boolean seesWindow(BlockNorm norm) {
    return norm != null && norm.row == null;
  }

  /** A group norm of x {@code [rows, width]} into y, which may be x. */
  void applyToWindows(Tensor x, Tensor y, int[] starts, int sequences) {
    kernels.groupNorm(weight, bias, 1e-5, x, starts, sequences, y, width, groups);
  }
}
