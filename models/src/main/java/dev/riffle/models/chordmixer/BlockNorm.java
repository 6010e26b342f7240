package dev.riffle.models.chordmixer;

import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.Tensor;
import dev.riffle.models.lru.Norm;
import dev.riffle.models.weights.Weights;

/** A normalisation of a block, with its weights on one backend; every epsilon is 1e-5. */
@FunctionalInterface
interface BlockNorm {

  /** Normalises x {@code [rows, width]} into y, which may be x. */
  void apply(Tensor x, Tensor y, int[] starts, int sequences);

  /**
   * Reads the weights of a norm.
   *
   * @param weights of the block
   * @param name {@code prenorm} or {@code norm}
   * @param groups of a group norm
   * @return null for {@link ChordMixer.NormKind#NONE}
   */
  static BlockNorm of(
      ChordMixer.NormKind kind,
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
    Tensor weight = kernels.constant(w.require("weight", width));
    Tensor bias = kernels.constant(w.require("bias", width));
    return (x, y, starts, sequences) ->
        kernels.normalize(weight, bias, 1e-5, x, y, starts[sequences], width);
  }

  // with the running statistics of training
  private static BlockNorm batch(Kernels kernels, Weights w, int width) {
    Norm folded =
        Norm.batch(
            kernels,
            w.require("weight", width),
            w.require("bias", width),
            w.require("running_mean", width),
            w.require("running_var", width));
    return (x, y, starts, sequences) -> folded.apply(x, y, starts[sequences]);
  }

  // over neighbouring features and all positions of a sequence
  private static BlockNorm group(Kernels kernels, Weights w, int width, int groups) {
    Tensor weight = kernels.constant(w.require("weight", width));
    Tensor bias = kernels.constant(w.require("bias", width));
    return (x, y, starts, sequences) ->
        kernels.normalizeGroups(weight, bias, 1e-5, x, starts, sequences, y, width, groups);
  }
}
