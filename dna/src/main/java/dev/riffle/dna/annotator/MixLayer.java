package dev.riffle.dna.annotator;

import static dev.riffle.dna.annotator.AnnotatorConfig.READING_FRAMES;

import dev.riffle.kernels.Activation;
import dev.riffle.kernels.Constants.Index;
import dev.riffle.kernels.Constants.Linear;
import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.Mlp;
import dev.riffle.kernels.RowNorm;
import dev.riffle.kernels.Tensor;
import dev.riffle.models.Scratch;
import dev.riffle.models.lru.Norm;
import dev.riffle.models.weights.Weights;
import java.util.Arrays;

/**
 * Exchanges summaries between the six reading frames of a token (docs/dna-annotator.md, section 3):
 *
 * <pre>
 *   z_r = norm(x_r),  q_r = summary z_r
 *   v_r = [z_r, q_o1, ..., q_o5]                    the other frames, in r's order
 *   x_r = x_r + out gelu(hidden v_r + bias) + bias
 * </pre>
 */
final class MixLayer {

  /** o1..o5 of each frame: frames ahead, then the other strand, as seen along its reading. */
  private static final int[][] OTHERS = {
    {1, 2, 3, 4, 5}, {2, 0, 4, 5, 3}, {0, 1, 5, 3, 4},
    {5, 4, 0, 2, 1}, {3, 5, 1, 0, 2}, {4, 3, 2, 1, 0}
  };

  private final Kernels kernels;
  private final int width;
  private final int summaries;
  private final Norm norm;
  private final Linear summary;
  private final Index others; // [6, 5, summaries] of [6, summaries]
  private final Linear hidden;
  private final Linear out;
  private final Tensor ones; // [width]

  MixLayer(Kernels kernels, AnnotatorConfig config, Norm norm, Weights w) {
    this.kernels = kernels;
    this.norm = norm;
    width = config.dModel();
    summaries = config.dSummary();
    summary =
        kernels.linear(
            w.requireTransposed("summary/kernel", width, summaries), null, summaries, width);
    others = kernels.index(others(), new double[0], READING_FRAMES * summaries);
    int seen = width + (READING_FRAMES - 1) * summaries;
    hidden =
        kernels.linear(
            w.requireTransposed("hidden/kernel", seen, config.dMix()),
            w.require("hidden/bias", config.dMix()),
            config.dMix(),
            seen);
    out =
        kernels.linear(
            w.requireTransposed("out/kernel", config.dMix(), width),
            w.require("out/bias", width),
            width,
            config.dMix());
    double[] one = new double[width];
    Arrays.fill(one, 1);
    ones = kernels.constant(one);
  }

  private int[] others() {
    int[] entries = new int[READING_FRAMES * (READING_FRAMES - 1) * summaries];
    int at = 0;
    for (int[] frames : OTHERS) {
      for (int frame : frames) {
        for (int i = 0; i < summaries; i++) {
          entries[at++] = frame * summaries + i;
        }
      }
    }
    return entries;
  }

  /** Multiply-adds of a token. */
  long multiplyAdds() {
    return (long) READING_FRAMES
        * (width * summaries + hidden.inputs() * hidden.outputs() + out.inputs() * out.outputs());
  }

  /**
   * Mixes each token's reading frames.
   *
   * @param x {@code [tokens, 6, width]}; becomes the layer's output
   */
  void apply(Tensor x, int tokens, Scratch work) {
    int rows = tokens * READING_FRAMES;
    int seen = hidden.inputs();
    Tensor z = work.tensor("mix.z", rows * width);
    Tensor q = work.tensor("mix.q", rows * summaries);
    Tensor o = work.tensor("mix.o", rows * (seen - width));
    Tensor v = work.tensor("mix.v", rows * seen);
    norm.apply(x, z, rows);
    kernels.linear(summary, z, q, rows);
    kernels.gather(others, q, o, tokens);
    kernels.concat(z, width, o, seen - width, v, rows);
    kernels.mlp(new Mlp(RowNorm.NONE, hidden, Activation.GELU_TANH, out), v, z, rows);
    kernels.addScaled(ones, z, x, Activation.NONE, rows, width);
    work.show("mix", x, rows, width);
  }
}
