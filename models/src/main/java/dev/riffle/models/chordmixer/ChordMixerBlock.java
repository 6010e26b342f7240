package dev.riffle.models.chordmixer;

import dev.riffle.kernels.Activation;
import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.Mlp;
import dev.riffle.kernels.PackedSequences;
import dev.riffle.kernels.Tensor;
import dev.riffle.models.Scratch;
import dev.riffle.models.weights.Weights;

/**
 * One block: out = norm(x + rotate(mlp(prenorm(x)))). Immutable and shared by all threads.
 *
 * <p>Only two tensors are as long as the window, x and the output of the multi-layer perceptron.
 * The rotation is done by the addition, in where it reads.
 */
final class ChordMixerBlock {
  private final Kernels kernels;
  private final int width;
  private final int track;
  private final BlockNorm prenorm; // null for none
  private final Mlp mlp;
  private final BlockNorm norm; // null for none

  /**
   * @param weights of this block: {@code mix.fc1.weight} and so on
   * @throws dev.riffle.models.ModelException if a weight is missing or of a wrong shape
   */
  ChordMixerBlock(Kernels kernels, ChordMixerConfig config, Weights weights) {
    this.kernels = kernels;
    this.width = config.width();
    this.track = config.trackSize();
    this.prenorm = BlockNorm.of(config.prenorm(), kernels, weights, "prenorm", width, track);
    int hidden = config.hiddenSize();
    this.mlp =
        new Mlp(
            BlockNorm.rowOf(prenorm),
            ChordMixer.linear(kernels, weights.under("mix.fc1."), width, hidden),
            Activation.GELU,
            ChordMixer.linear(kernels, weights.under("mix.fc2."), hidden, width));
    this.norm = BlockNorm.of(config.norm(), kernels, weights, "norm", width, track);
  }

  /**
   * Runs the block over each sequence.
   *
   * @param x {@code [rows, width]}; becomes the block's output
   */
  void run(Tensor x, PackedSequences sequences, Scratch work) {
    int rows = sequences.rows();
    Tensor z = work.tensor("chord.z", rows * width);

    // z_t = fc2(gelu(fc1(prenorm(x_t))))
    Tensor in = x;
    if (BlockNorm.seesWindow(prenorm)) {
      prenorm.applyToWindows(x, z, sequences);
      in = z;
    }
    kernels.mlp(mlp, in, z, rows);

    // x_t = norm(x_t + rotate(z)_t), rotate(z)_t = z_((t + o) mod n), o = 0, 1, 2, 4, ... by track
    kernels.rollAddNorm(z, x, sequences, width, track, BlockNorm.rowOf(norm));
    if (BlockNorm.seesWindow(norm)) {
      norm.applyToWindows(x, x, sequences);
    }
  }
}
