package dev.riffle.models.rse;

import dev.riffle.kernels.Constants.Linear;
import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.PackedSequences;
import dev.riffle.kernels.Tensor;
import dev.riffle.models.Description;
import dev.riffle.models.InputException;
import dev.riffle.models.Scratch;
import dev.riffle.models.Settings;
import dev.riffle.models.WindowBatch;
import dev.riffle.models.WindowModel;
import dev.riffle.models.weights.Weights;
import java.util.Optional;

/**
 * The official models of tokens: embedding, network, and a linear head at every position, as {@code
 * create_loss} assembles them. That of LAMBADA embeds words by frozen vectors of another width,
 * followed by a linear map; {@link #answers} picks its word.
 */
public final class RseTokens implements WindowModel {
  /** The smallest bin that training pads to; LAMBADA has its only one. */
  private static final int SMALLEST_BIN = 8;

  /** The class of LAMBADA's head that says "this is the word". */
  private static final int THE_WORD = 2;

  private final Kernels kernels;
  private final Rse network;
  private final Tensor embedding; // [n_input, width]
  private final int width;
  private final Optional<Linear> projection; // [m, width], unless width is m
  private final int smallestBin;
  private final int tokens;
  private final Linear head; // [n_classes, m]

  /**
   * @param weights under TensorFlow's names: {@code var_lengths/embedding}
   * @throws dev.riffle.models.ModelException if a weight is missing or of a wrong shape
   */
  RseTokens(Kernels kernels, Settings s, Weights weights) {
    Weights w = weights.under("var_lengths/");
    if (s.text("variant").equals("tf-lambada") && s.size("n_classes") <= THE_WORD) {
      throw s.expected("3 or more", "n_classes");
    }
    this.kernels = kernels;
    this.network =
        new Rse(kernels, RseConfig.official(s, NetworkVariant.HEAVY, RseConfig.length(s)), w);
    this.tokens = s.size("n_input");
    int m = network.width();
    boolean lambada = s.text("variant").equals("tf-lambada");
    this.width = lambada ? s.size("embedding_size") : m;
    this.embedding = kernels.constant(w.require("embedding", tokens, width));
    this.projection =
        lambada
            ? Optional.of(dense(kernels, w.under("embedding_linear/"), width, m))
            : Optional.empty();
    this.smallestBin = lambada || !network.tied() ? network.length() : SMALLEST_BIN;
    this.head = dense(kernels, w.under("output/"), m, s.size("n_classes"));
  }

  /** A linear map at every position: {@code CvK} (in, out) and {@code CvB}. */
  static Linear dense(Kernels kernels, Weights w, int inputs, int outputs) {
    double[] matrix = w.requireTransposed("CvK", inputs, outputs);
    return kernels.linear(matrix, w.require("CvB", outputs), outputs, inputs);
  }

  @Override
  public Kernels kernels() {
    return kernels;
  }

  /** A token. */
  @Override
  public int inputs() {
    return 1;
  }

  @Override
  public int tokens() {
    return tokens;
  }

  @Override
  public int outputs() {
    return head.outputs();
  }

  @Override
  public void check(int length) {
    network.check(paddedLength(length));
  }

  /** The tokens that a window is padded to, with token 0 at its end. */
  @Override
  public int bin(int length) {
    return paddedLength(length);
  }

  @Override
  public long values(int length) {
    int padded = paddedLength(length);
    return Math.max(network.values(padded), (long) padded * Math.max(width, outputs()));
  }

  @Override
  public void forward(WindowBatch batch, Tensor y, Scratch work) {
    int length = batch.bin(this);
    int windows = batch.windows();
    Tensor padded = work.tensor("rse.logits", windows * length * outputs());
    forward(batch.tokens(), batch.sequences(), padded, work);
    batch.crop(kernels, padded, length, y, outputs());
  }

  /** What a window of this many tokens costs; 0 for the length that weights were loaded for. */
  Description describe(int tokens) {
    int length = tokens == 0 ? network.length() : tokens;
    int padded = paddedLength(length);
    int m = network.width();
    long position = (long) m * outputs() + (projection.isPresent() ? (long) width * m : 0);
    return Description.windowed(
        this, network.depth(padded), length, network.multiplyAdds(padded) + padded * position);
  }

  /** The bin that so many tokens are padded to: 8, 16, 32, ...; for LAMBADA from its bin on. */
  public int paddedLength(int length) {
    if (length < 1 || length > 1 << 30) {
      throw new InputException("A window must have from 1 to 2^30 tokens but has " + length + ".");
    }
    int power = Integer.highestOneBit(length);
    return Math.max(smallestBin, power == length ? length : power << 1);
  }

  /**
   * Logits of every position. A window is padded with token 0 at its end, which is not inert: the
   * norm sees it.
   *
   * @param input {@code [rows]}, each from 0 to {@code n_input - 1}, packed windows
   * @param sequences where the windows are; all have the same {@link #paddedLength}
   * @param y {@code [sequences, padded length, n_classes]}
   * @throws InputException if there is no such token, or padded lengths differ
   */
  public void forward(int[] input, PackedSequences sequences, Tensor y, Scratch work) {
    int count = sequences.count();
    if (count == 0) {
      return;
    }
    int m = network.width();
    int length = paddedLength(sequences.length(0));
    int rows = Math.multiplyExact(count, length);
    Tensor x = work.tensor("rse.embedded", Math.multiplyExact(rows, width));
    kernels.embed(embedding, padded(input, sequences, length), x, rows, width);
    if (projection.isPresent()) {
      Tensor projected = work.tensor("rse.projected", Math.multiplyExact(rows, m));
      kernels.linear(projection.get(), x, projected, rows);
      x = projected;
    }
    Tensor features = network.run(x, count, length, work);
    kernels.linear(head, features, y, rows);
  }

  /** The windows side by side, each with token 0 at its end; all tokens checked. */
  private int[] padded(int[] input, PackedSequences sequences, int length) {
    if (input.length < sequences.rows()) {
      throw new InputException(
          String.format(
              "Expected a token for each of %d steps, found %d tokens.",
              sequences.rows(), input.length));
    }
    int[] padded = new int[sequences.count() * length];
    for (int b = 0; b < sequences.count(); b++) {
      int own = sequences.length(b);
      if (paddedLength(own) != length) {
        throw new InputException(
            String.format(
                "Windows of one batch must share a bin, but window 0 is padded to %d tokens and"
                    + " window %d to %d; run them in separate batches.",
                length, b, paddedLength(own)));
      }
      for (int t = 0; t < own; t++) {
        int token = input[sequences.start(b) + t];
        if (token < 0 || token >= tokens) {
          throw new InputException(
              String.format(
                  "Token %d of window %d must be from 0 to %d but is %d.",
                  t, b, tokens - 1, token));
        }
        padded[b * length + t] = token;
      }
    }
    return padded;
  }

  /**
   * Returns the prediction of LAMBADA: for each window the position of the word, where the logit of
   * class 2 is highest. Of equal positions it is the first.
   *
   * @param logits {@code [windows, length, n_classes]}
   * @return {@code [windows]}
   * @throws InputException if a window has no such position: it is empty, or all are NaN
   */
  public int[] answers(double[] logits, int windows) {
    int length = windows == 0 ? 0 : logits.length / (windows * outputs());
    int[] answers = new int[windows];
    for (int b = 0; b < windows; b++) {
      double highest = Double.NEGATIVE_INFINITY;
      answers[b] = -1;
      for (int t = 0; t < length; t++) {
        double logit = logits[(b * length + t) * outputs() + THE_WORD];
        if (logit > highest) {
          highest = logit;
          answers[b] = t;
        }
      }
      if (answers[b] < 0) {
        throw new InputException(
            "Window "
                + b
                + " has no position to choose: all its logits are NaN or there are none.");
      }
    }
    return answers;
  }
}
