package dev.riffle.models.chordmixer;

import dev.riffle.kernels.Activation;
import dev.riffle.kernels.Constants.Index;
import dev.riffle.kernels.Constants.Linear;
import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.Tensor;
import dev.riffle.models.InputException;
import dev.riffle.models.Scratch;
import dev.riffle.models.Settings;
import dev.riffle.models.WindowBatch;
import dev.riffle.models.weights.Weights;
import java.util.Arrays;

/**
 * The model of Retrieval, {@code NetDual} of the reference's trainer: whether two windows belong
 * together. Immutable and shared by all threads.
 *
 * <pre>
 *   y1, y2 = the means over either window's steps, of one ChordMixer without decoder
 *   y      = B gelu(A [y1, y2, y1 (.) y2, y1 - y2] + a) + b
 * </pre>
 */
public final class ChordMixerPair {
  private final Kernels kernels;
  private final ChordMixer mixer;
  private final Index first; // [width] of [2 width]
  private final Index second; // [width] of [2 width]
  private final Tensor minus; // [width]
  private final Linear inner; // [width, 4 width]
  private final Linear outer; // [output_size, width]

  /**
   * @param settings of a ChordMixer whose {@code decoder} is null
   * @param weights under the reference's names: {@code model.embedding.weight}, {@code
   *     decoder.0.weight}, {@code decoder.2.weight}
   * @throws dev.riffle.models.ModelException if a setting or weight is missing or does not fit
   */
  ChordMixerPair(Kernels kernels, Settings settings, Weights weights) {
    ChordMixerConfig config = ChordMixerConfig.of(settings);
    if (config.decoder()) {
      throw settings.expected("null for two windows, whose means are compared,", "decoder");
    }
    int width = config.width();
    this.kernels = kernels;
    this.mixer = new ChordMixer(kernels, config, weights.under("model."));
    int[] columns = new int[width];
    Arrays.setAll(columns, i -> i);
    this.first = kernels.index(columns, new double[0], 2 * width);
    Arrays.setAll(columns, i -> width + i);
    this.second = kernels.index(columns, new double[0], 2 * width);
    this.minus = kernels.allocate(width);
    kernels.fill(minus, 0, width, -1);
    this.inner = ChordMixer.linear(kernels, weights.under("decoder.0."), 4 * width, width);
    this.outer =
        ChordMixer.linear(kernels, weights.under("decoder.2."), width, config.outputSize());
  }

  public Kernels kernels() {
    return kernels;
  }

  /** What reads either window. */
  public ChordMixer mixer() {
    return mixer;
  }

  /** Returns the number of values of a prediction. */
  public int outputs() {
    return outer.outputs();
  }

  /** Returns the multiply-adds of the head that compares two means. */
  long multiplyAdds() {
    return (long) inner.inputs() * inner.outputs() + (long) outer.inputs() * outer.outputs();
  }

  /**
   * Answers pairs of windows.
   *
   * @param batch windows 0 and 1 are a pair, then 2 and 3, ...; with {@code var_len} all take
   *     equally many blocks
   * @param y {@code [windows / 2, outputs]}
   * @throws InputException if the number of windows is odd, or the model does not accept a window
   */
  public void forward(WindowBatch batch, Tensor y, Scratch work) {
    if (batch.windows() % 2 != 0) {
      throw new InputException(
          "Pairs of windows are answered, but " + batch.windows() + " windows came.");
    }
    int pairs = batch.windows() / 2;
    int width = mixer.outputs();
    Tensor both = work.tensor("pair.both", pairs * 2 * width); // [pairs, 2 width]
    mixer.forward(batch, both, work);
    Tensor one = work.tensor("pair.one", pairs * width);
    Tensor other = work.tensor("pair.other", pairs * width);
    kernels.gather(first, both, one, pairs);
    kernels.gather(second, both, other, pairs);

    // h = [y1, y2, y1 (.) y2, y1 - y2]
    Tensor product = work.tensor("pair.product", pairs * width);
    kernels.multiply(one, other, product, pairs * width);
    kernels.addScaled(minus, other, one, Activation.NONE, pairs, width); // y1 - y2
    Tensor three = work.tensor("pair.three", pairs * 3 * width);
    kernels.concat(both, 2 * width, product, width, three, pairs);
    Tensor h = work.tensor("pair.h", pairs * 4 * width);
    kernels.concat(three, 3 * width, one, width, h, pairs);

    Tensor hidden = work.tensor("pair.hidden", pairs * width);
    kernels.linear(inner, h, hidden, pairs);
    kernels.activate(Activation.GELU, hidden, hidden, pairs * width);
    kernels.linear(outer, hidden, y, pairs);
  }
}
