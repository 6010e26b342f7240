package dev.riffle.models.rse;

import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.PackedSequences;
import dev.riffle.kernels.Tensor;
import dev.riffle.models.InputException;
import dev.riffle.models.Scratch;
import dev.riffle.models.Settings;
import dev.riffle.models.WindowBatch;
import dev.riffle.models.WindowModel;
import dev.riffle.models.rse.NetworkVariant.Layer;
import dev.riffle.models.weights.Weights;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The network: a window of features in, a window of features out. It is immutable and shared by all
 * threads. The caller owns the work memory.
 *
 * <p>Besides its input it holds four windows' worth of {@code length x m} values: two on the way,
 * two for the hidden row of all pairs; or three, two on the way and one for candidates, where the
 * norm is over features. A backend that does not fuse the operations of a unit holds candidates in
 * any case. Shuffles need no separate pass.
 */
public final class Rse implements WindowModel {
  private final Kernels kernels;
  private final RseConfig config;
  private final Map<String, SwitchUnit> units = new HashMap<>();

  /**
   * @param weights under the names of the code they were trained with
   * @throws dev.riffle.models.ModelException if a weight is missing or of a wrong shape
   */
  Rse(Kernels kernels, RseConfig config, Weights weights) {
    this.kernels = kernels;
    this.config = config;
    for (Layer layer : config.layers(paddedLength(config.length()))) {
      String name = config.variant().weightPrefix + layer.unit();
      units.computeIfAbsent(
          layer.unit(), u -> config.variant().unit(kernels, weights.under(name), config.units()));
    }
  }

  /** A bare network of these settings. */
  public static Rse of(Kernels kernels, Settings settings, Weights weights) {
    return new Rse(kernels, RseConfig.of(settings), weights);
  }

  @Override
  public Kernels kernels() {
    return kernels;
  }

  @Override
  public int inputs() {
    return config.units();
  }

  @Override
  public int outputs() {
    return config.units();
  }

  @Override
  public void check(int length) {
    layers(paddedLength(length));
  }

  /**
   * The positions that a window is padded to, with zeros at its end: the next power of two, which
   * the official network is padded to in training; or the one length that there are weights for.
   */
  @Override
  public int bin(int length) {
    return config.tiedInner() ? powerOfTwo(length) : config.length();
  }

  @Override
  public long values(int length) {
    return hidden(1, bin(length));
  }

  @Override
  public void forward(WindowBatch batch, Tensor y, Scratch work) {
    int length = batch.bin(this);
    Tensor x = work.tensor("rse.padded", size(batch.windows(), length));
    batch.pad(kernels, x, length);
    batch.crop(kernels, run(x, batch.windows(), length, work), length, y, config.units());
  }

  /** Features of a position. */
  public int width() {
    return config.units();
  }

  /**
   * Positions that come out for so many that go in: the next power of two where the reference pads,
   * else as many.
   *
   * @throws InputException if no window may have this length
   */
  public int paddedLength(int length) {
    boolean power = Integer.bitCount(length) == 1;
    if (length < 2 || length > 1 << 30 || !(power || config.variant().pads())) {
      throw new InputException(
          String.format(
              "A window must have %s but has %d; %s.",
              config.variant().pads()
                  ? "2 positions or more"
                  : "a power of two of positions, 2 or more,",
              length,
              length < 2 ? "units work on pairs" : "pad it, as it was in training"));
    }
    return powerOfTwo(length);
  }

  /** The least power of two from 2 on that is not less. */
  private static int powerOfTwo(int length) {
    return Math.max(2, Integer.highestOneBit(2 * length - 1));
  }

  /**
   * Runs windows. A result depends only on its window, and on all of it, including padding.
   *
   * @param x {@code [rows, m]}, packed windows; not changed
   * @param sequences where the windows are; all have the same {@link #paddedLength}
   * @return {@code [sequences, padded length, m]}, in work memory
   * @throws InputException if a window has a length that can not be, or another padded length
   */
  public Tensor forward(Tensor x, PackedSequences sequences, Scratch work) {
    int count = sequences.count();
    if (count == 0) {
      return work.tensor("rse.x", 0);
    }
    int length = paddedLength(sequences.length(0));
    boolean whole = true;
    for (int b = 0; b < count; b++) {
      int own = sequences.length(b);
      if (paddedLength(own) != length) {
        throw new InputException(
            String.format(
                "Windows of one batch must have one padded length, but window 0 has %d and window"
                    + " %d, of %d positions, %d; run them in separate batches.",
                length, b, own, paddedLength(own)));
      }
      whole &= own == length;
    }
    return run(whole ? x : padded(x, sequences, length, work), count, length, work);
  }

  /** Units that a window passes, of a length that {@link #paddedLength} leaves as it is. */
  int depth(int length) {
    return layers(length).size();
  }

  /** Multiply-adds of a window: two matrices of 4m x 2m for each pair in each unit. */
  long multiplyAdds(int length) {
    return 16L * config.units() * config.units() * (length / 2) * depth(length);
  }

  /** True if windows of other lengths than {@link #length} can be, too. */
  boolean tied() {
    return config.tiedInner();
  }

  /** Positions of the window that weights were loaded for. */
  int length() {
    return config.length();
  }

  private List<Layer> layers(int length) {
    List<Layer> layers = config.layers(length);
    for (Layer layer : layers) {
      if (!units.containsKey(layer.unit()) || !config.tiedInner() && length != config.length()) {
        throw new InputException(
            String.format(
                "This network has weights for windows of %d positions but was given %d.",
                config.length(), length));
      }
    }
    return layers;
  }

  /** x {@code [sequences, length, m]} of a length that {@link #paddedLength} leaves as it is. */
  Tensor run(Tensor x, int sequences, int length, Scratch work) {
    List<Layer> layers = layers(length);
    int size = size(sequences, length);
    Tensor from = x;
    boolean even = true;
    for (Layer layer : layers) {
      Tensor to = work.tensor(even ? "rse.x" : "rse.y", size);
      units.get(layer.unit()).apply(from, to, sequences, length, layer.shuffle(), work);
      from = to;
      even = !even;
    }
    return from;
  }

  /** Values of a batch; the hidden rows take twice as many, and all are counted in 31 bits. */
  private int size(int sequences, int length) {
    long hidden = hidden(sequences, length);
    if (hidden > Integer.MAX_VALUE - 8) {
      throw new InputException(
          String.format(
              "%d windows of %d positions of %d features need %d hidden values, more than 2^31; run"
                  + " fewer or shorter windows at once.",
              sequences, length, config.units(), hidden));
    }
    return sequences * length * config.units();
  }

  private long hidden(int sequences, int length) {
    return 2L * sequences * length * config.units();
  }

  /** The windows side by side, each with zeros at its end. */
  private Tensor padded(Tensor x, PackedSequences sequences, int length, Scratch work) {
    int m = config.units();
    Tensor padded = work.tensor("rse.padded", size(sequences.count(), length));
    for (int b = 0; b < sequences.count(); b++) {
      int own = sequences.length(b);
      kernels.copy(x, sequences.start(b) * m, padded, b * length * m, own * m);
      kernels.fill(padded, (b * length + own) * m, (length - own) * m, 0);
    }
    return padded;
  }
}
