package dev.riffle.models.chordmixer;

import dev.riffle.kernels.Constants.Linear;
import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.PackedSequences;
import dev.riffle.kernels.Tensor;
import dev.riffle.models.Block;
import dev.riffle.models.InputException;
import dev.riffle.models.Scratch;
import dev.riffle.models.WindowBatch;
import dev.riffle.models.WindowModel;
import dev.riffle.models.chordmixer.ChordMixerConfig.Embedding;
import dev.riffle.models.weights.Weights;
import java.util.Arrays;
import java.util.Comparator;

/**
 * ChordMixer in inference: whole windows in, one prediction per window out. Immutable and shared by
 * all threads; work memory is the caller's, two tensors of {@code [rows, width]} and little
 * besides.
 *
 * <p>A batch holds windows of any lengths, packed without padding; no padding is needed and none is
 * read. The prediction for a window is that of the reference for this window only: with {@code
 * var_len} each window runs the blocks that its own length needs. Two methods batch as the
 * reference does, whose first window decides how many blocks run for all: {@link #forward(Block,
 * Tensor, Scratch)} and {@link #forward(int[], PackedSequences, Tensor, Scratch)}. Where a value is
 * NaN the prediction of its window is NaN, too.
 */
public final class ChordMixer implements WindowModel {
  private final Kernels kernels;
  private final ChordMixerConfig config;
  private final Tensor table; // [input_size, width], null for features
  private final Linear embedding; // [width, input_size], null for tokens
  private final ChordMixerBlock[] blocks;
  private final Linear decoder; // [output_size, width], or null

  /**
   * @param weights under the reference's names: {@code encoder.chordmixer_blocks.0.mix.fc1.weight}
   * @throws dev.riffle.models.ModelException if a weight is missing or of a wrong shape
   */
  public ChordMixer(Kernels kernels, ChordMixerConfig config, Weights weights) {
    this.kernels = kernels;
    this.config = config;
    int width = config.width();
    boolean tokens = config.embedding() == Embedding.TOKENS;
    this.table =
        tokens
            ? kernels.constant(weights.require("embedding.weight", config.inputSize(), width))
            : null;
    this.embedding =
        tokens ? null : linear(kernels, weights.under("embedding."), config.inputSize(), width);
    this.blocks = new ChordMixerBlock[config.layers()];
    for (int i = 0; i < blocks.length; i++) {
      Weights block = weights.under("encoder.chordmixer_blocks." + i + ".");
      blocks[i] = new ChordMixerBlock(kernels, config, block);
    }
    this.decoder =
        config.decoder()
            ? linear(kernels, weights.under("decoder.decoder."), width, config.outputSize())
            : null;
  }

  /** y = W x + b as PyTorch stores it, W {@code [outputs, inputs]}. */
  static Linear linear(Kernels kernels, Weights w, int inputs, int outputs) {
    return kernels.linear(
        w.require("weight", outputs, inputs), w.require("bias", outputs), outputs, inputs);
  }

  /** Blocks that a window of this length needs: {@code ceil(log2(length))}, 0 for one step. */
  public static int layers(int length) {
    return Integer.SIZE - Integer.numberOfLeadingZeros(length - 1);
  }

  public ChordMixerConfig config() {
    return config;
  }

  @Override
  public Kernels kernels() {
    return kernels;
  }

  @Override
  public int inputs() {
    return config.embedding() == Embedding.TOKENS ? 1 : config.inputSize();
  }

  @Override
  public int tokens() {
    return config.embedding() == Embedding.TOKENS ? config.inputSize() : 0;
  }

  /** Returns false: the model predicts from the mean over a window. */
  @Override
  public boolean predictsEachStep() {
    return false;
  }

  @Override
  public int outputs() {
    return config.decoder() ? config.outputSize() : config.width();
  }

  /** Accepts any length; with {@code var_len}, any that the blocks suffice for. */
  @Override
  public void check(int length) {
    WindowModel.super.check(length);
    blocks(length);
  }

  @Override
  public long values(int length) {
    return (long) length * config.width();
  }

  @Override
  public void forward(WindowBatch batch, Tensor y, Scratch work) {
    int count = batch.windows();
    Integer[] order = new Integer[count]; // the windows that run most blocks first
    Arrays.setAll(order, b -> b);
    Arrays.sort(order, Comparator.comparingInt(b -> -blocks(batch.steps(b))));
    int[] starts = new int[count + 1];
    int[] blocksOf = new int[count];
    boolean moved = false;
    for (int i = 0; i < count; i++) {
      int steps = batch.steps(order[i]);
      starts[i + 1] = starts[i] + steps;
      blocksOf[i] = blocks(steps);
      moved |= order[i] != i;
    }
    PackedSequences sequences = new PackedSequences(starts, count);
    float[] values = moved ? inOrder(batch, order, starts) : batch.values();
    Tensor x = embed(new WindowBatch(values, batch.width(), sequences), work);
    if (!moved) {
      run(x, sequences, blocksOf, y, work);
      return;
    }
    int width = outputs();
    Tensor sorted = work.tensor("chord.sorted", count * width);
    run(x, sequences, blocksOf, sorted, work);
    for (int i = 0; i < count; i++) {
      kernels.copy(sorted, i * width, y, order[i] * width, width);
    }
  }

  private static float[] inOrder(WindowBatch batch, Integer[] order, int[] starts) {
    int width = batch.width();
    float[] values = new float[batch.rows() * width];
    for (int i = 0; i < order.length; i++) {
      int from = batch.sequences().start(order[i]) * width;
      System.arraycopy(
          batch.values(), from, values, starts[i] * width, batch.steps(order[i]) * width);
    }
    return values;
  }

  /** The first x of windows, {@code [rows, width]}. */
  private Tensor embed(WindowBatch batch, Scratch work) {
    int rows = rows(batch.sequences());
    if (config.embedding() == Embedding.TOKENS) {
      return embed(batch.tokens(), rows, work);
    }
    int count = rows * config.inputSize();
    Tensor values = work.tensor("chord.input", count);
    kernels.write(batch.values(), 0, values, 0, count);
    return embed(values, rows, work);
  }

  private Tensor embed(Tensor values, int rows, Scratch work) {
    Tensor x = work.tensor("chord.x", rows * config.width());
    kernels.linear(embedding, values, x, rows);
    return x;
  }

  private Tensor embed(int[] tokens, int rows, Scratch work) {
    check(tokens, rows);
    Tensor x = work.tensor("chord.x", rows * config.width());
    kernels.embed(table, tokens, x, rows, config.width());
    return x;
  }

  /**
   * Answers windows of features.
   *
   * @param block x {@code [rows, input_size]}
   * @param y {@code [sequences, outputs]}
   * @throws InputException if the model reads tokens, a window is empty, too long for {@code
   *     var_len}, or all together are too long for one array
   */
  public void forward(Block block, Tensor y, Scratch work) {
    if (config.embedding() != Embedding.FEATURES) {
      throw new InputException(
          "This ChordMixer reads tokens (embedding_type is sparse) but was given features.");
    }
    int rows = rows(block.sequences());
    Tensor x = embed(block.x(), rows, work);
    run(x, block.sequences(), asTheFirst(block.sequences()), y, work);
  }

  /**
   * Answers windows of tokens.
   *
   * @param tokens {@code [rows]}, each from 0 to {@code input_size} - 1
   * @param sequences where the windows are
   * @param y {@code [sequences, outputs]}
   * @throws InputException if the model reads features, a token is unknown, a window is empty, too
   *     long for {@code var_len}, or all together are too long for one array
   */
  public void forward(int[] tokens, PackedSequences sequences, Tensor y, Scratch work) {
    if (config.embedding() != Embedding.TOKENS) {
      throw new InputException(
          "This ChordMixer reads features (embedding_type is linear) but was given tokens.");
    }
    int rows = rows(sequences);
    Tensor x = embed(tokens, rows, work);
    run(x, sequences, asTheFirst(sequences), y, work);
  }

  private int[] asTheFirst(PackedSequences sequences) {
    int[] all = new int[sequences.count()];
    Arrays.fill(all, all.length == 0 ? 0 : blocks(sequences.length(0)));
    return all;
  }

  /**
   * @param blocksOf each window, the most first
   */
  private void run(Tensor x, PackedSequences sequences, int[] blocksOf, Tensor y, Scratch work) {
    if (sequences.count() == 0) {
      return;
    }
    int width = config.width();
    int left = sequences.count(); // windows that block i runs
    for (int i = 0; i < blocksOf[0]; i++) {
      while (blocksOf[left - 1] <= i) {
        left--;
      }
      PackedSequences running = sequences.first(left);
      blocks[i].run(x, running, work);
      work.show("block_output", x, running.rows(), width);
    }
    if (decoder == null) {
      kernels.mean(x, sequences, y, width);
    } else {
      Tensor mean = work.tensor("chord.mean", sequences.count() * width);
      kernels.mean(x, sequences, mean, width);
      kernels.linear(decoder, mean, y, sequences.count());
    }
  }

  /**
   * Blocks that a window of this length runs.
   *
   * @throws InputException if it needs more than there are
   */
  int blocks(int length) {
    if (config.varLen() && layers(length) > blocks.length) {
      throw new InputException(
          String.format(
              "A window has %d steps, which take %d blocks, but the model has"
                  + " %d, for at most %d steps (max_seq_len %d): send shorter windows, or train with"
                  + " a larger max_seq_len.",
              length, layers(length), blocks.length, 1L << blocks.length, config.maxSeqLen()));
    }
    return config.varLen() ? layers(length) : blocks.length;
  }

  /** Returns the number of rows of a batch, after checking that the model can compute them. */
  private int rows(PackedSequences sequences) {
    int rows = sequences.rows();
    for (int b = 0; b < sequences.count(); b++) {
      if (sequences.length(b) == 0) {
        throw new InputException(
            "Window "
                + b
                + " of the batch has no steps, and the answer is a mean over steps: leave it out.");
      }
    }
    if (sequences.count() > 0) {
      blocks(sequences.length(0));
    }
    if ((long) rows * config.width() > Integer.MAX_VALUE - 8) {
      throw new InputException(
          String.format(
              "A batch of %d steps with %d features each is %d values, more than one array holds"
                  + " (2^31): send fewer windows at a time, or shorter ones.",
              rows, config.width(), (long) rows * config.width()));
    }
    return rows;
  }

  private void check(int[] tokens, int rows) {
    if (tokens.length < rows) {
      throw new InputException(
          String.format(
              "Expected a token for each of %d steps, found %d tokens.", rows, tokens.length));
    }
    for (int r = 0; r < rows; r++) {
      if (tokens[r] < 0 || tokens[r] >= config.inputSize()) {
        throw new InputException(
            String.format(
                "Token %d in row %d is unknown: the model knows 0 to %d (input_size %d).",
                tokens[r], r, config.inputSize() - 1, config.inputSize()));
      }
    }
  }
}
