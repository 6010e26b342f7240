package dev.riffle.dna.annotator;

import static dev.riffle.dna.annotator.AnnotatorConfig.READING_FRAMES;

import dev.riffle.kernels.Constants.Linear;
import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.Tensor;
import dev.riffle.models.Block;
import dev.riffle.models.PredictAt;
import dev.riffle.models.RecurrentModel;
import dev.riffle.models.RecurrentState;
import dev.riffle.models.Scratch;
import dev.riffle.models.lru.LruLayer;
import dev.riffle.models.lru.Norm;
import dev.riffle.models.weights.Weights;
import java.util.Arrays;

/**
 * Encoded tokens to one number per reading frame (docs/dna-annotator.md, section 3). A step is a
 * token; the six reading frames share all weights, and each has its own state.
 *
 * <pre>
 *   x [6, width] -> (LRU layer -> mix layer) per layer -> norm -> head = raw [6]
 * </pre>
 *
 * <p>Immutable and shared by all threads.
 */
final class Network implements RecurrentModel {
  private final Kernels kernels;
  private final int width;
  private final LruLayer[] layers;
  private final MixLayer[] mixes;
  private final Norm norm;
  private final Linear head;

  Network(Kernels kernels, AnnotatorConfig config, Weights w) {
    this.kernels = kernels;
    width = config.dModel();
    layers = new LruLayer[config.layers()];
    mixes = new MixLayer[config.layers()];
    for (int i = 0; i < layers.length; i++) {
      Weights layer = w.under("params/encoder/layers_" + i + "/");
      layers[i] =
          new LruLayer(
              kernels, parameters(config, layer), norm(config, layer), true, READING_FRAMES);
      Weights mix = w.under("mix_" + i + "/");
      mixes[i] = new MixLayer(kernels, config, norm(config, mix), mix);
    }
    norm = norm(config, w.under("head/"));
    head = kernels.linear(w.require("head/kernel", width, 1), w.require("head/bias", 1), 1, width);
  }

  private Norm norm(AnnotatorConfig config, Weights w) {
    return Norm.layer(
        kernels,
        w.require("normalization/scale", width),
        w.require("normalization/bias", width),
        config.epsilon());
  }

  private LruLayer.Parameters parameters(AnnotatorConfig config, Weights w) {
    return LruLayer.Parameters.of(
        w.under("seq/"),
        width,
        config.dHidden(),
        w.requireTransposed("out1/kernel", width, width),
        w.require("out1/bias", width),
        w.requireTransposed("out2/kernel", width, width),
        w.require("out2/bias", width));
  }

  /** Multiply-adds of a token. */
  long multiplyAdds() {
    return Arrays.stream(layers).mapToLong(LruLayer::multiplyAdds).sum()
        + Arrays.stream(mixes).mapToLong(MixLayer::multiplyAdds).sum()
        + (long) READING_FRAMES * width;
  }

  @Override
  public Kernels kernels() {
    return kernels;
  }

  /** {@code [6, width]} features of a token. */
  @Override
  public int inputs() {
    return READING_FRAMES * width;
  }

  /** A number for each reading frame. */
  @Override
  public int[] outputShape() {
    return new int[] {READING_FRAMES};
  }

  /** One part per layer, {@code [6, 2, n]}. */
  @Override
  public int[] stateSizes() {
    return Arrays.stream(layers).mapToInt(LruLayer::stateSize).toArray();
  }

  /** {@inheritDoc} The content of the block's tensor afterwards is undefined. */
  @Override
  public void advance(
      Block block, RecurrentState state, PredictAt predictAt, Tensor y, Scratch work) {
    int tokens = block.rows();
    Tensor x = block.x();
    for (int i = 0; i < layers.length; i++) {
      layers[i].advance(x, block.sequences(), state.part(i), work);
      mixes[i].apply(x, tokens, work);
    }
    state.count(block);
    switch (predictAt) {
      case EVERY_STEP -> head(x, y, tokens);
      case LAST_STEP -> {
        Tensor last = work.tensor("last", block.count() * inputs());
        block.lastRows(kernels, x, last, inputs());
        head(last, y, block.count());
      }
      case NO_STEP -> {}
    }
  }

  /** Normalizes tokens in place and computes their logits. */
  private void head(Tensor x, Tensor y, int tokens) {
    norm.apply(x, x, tokens * READING_FRAMES);
    kernels.linear(head, x, y, tokens * READING_FRAMES);
  }
}
