package dev.riffle.models.rse;

import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.Kernels.Linear;
import dev.riffle.kernels.Tensor;
import dev.riffle.models.InputException;
import dev.riffle.models.Scratch;
import dev.riffle.models.Settings;
import dev.riffle.models.weights.Weights;

/**
 * The official model of tokens: embedding, network, and a linear head at every position, as {@code
 * create_loss} assembles it for the algorithmic tasks.
 */
public final class RseTokens {
  /** The smallest bin that training pads to. */
  private static final int SMALLEST_BIN = 8;

  private final Kernels kernels;
  private final Rse network;
  private final Tensor embedding; // [n_input, m]
  private final int tokens;
  private final Linear head; // [n_classes, m]

  /**
   * @param weights under TensorFlow's names: {@code var_lengths/embedding}
   * @throws dev.riffle.models.ModelException if a weight is missing or of a wrong shape
   */
  RseTokens(Kernels kernels, Settings s, Weights weights) {
    Weights w = weights.under("var_lengths/");
    this.kernels = kernels;
    this.network = new Rse(kernels, Rse.Config.official(s, Wiring.HEAVY, Rse.Config.length(s)), w);
    this.tokens = s.size("n_input");
    this.embedding = kernels.constant(w.require("embedding", tokens, network.width()));
    this.head = RseTokens.head(kernels, w, network.width(), s.size("n_classes"));
  }

  /** The linear map from features to classes that official models end with. */
  static Linear head(Kernels kernels, Weights w, int m, int classes) {
    double[] matrix = w.requireTransposed("output/CvK", m, classes);
    return kernels.linear(matrix, w.require("output/CvB", classes), classes, m);
  }

  public Kernels kernels() {
    return kernels;
  }

  public int classes() {
    return head.outputs();
  }

  /** The bin that so many tokens are padded to: 8, 16, 32, ... */
  public int paddedLength(int length) {
    if (length < 1 || length > 1 << 30) {
      throw new InputException("A window must have from 1 to 2^30 tokens but has " + length + ".");
    }
    int power = Integer.highestOneBit(length);
    return Math.max(SMALLEST_BIN, power == length ? length : power << 1);
  }

  /**
   * Logits of every position. A window is padded with token 0 at its end, which is not inert: the
   * norm sees it.
   *
   * @param input {@code [rows]}, each from 0 to {@code n_input - 1}, windows one behind the other
   * @param starts {@code [sequences + 1]}; all windows have the same {@link #paddedLength}
   * @param y {@code [sequences, padded length, n_classes]}
   * @throws InputException if there is no such token, or padded lengths differ
   */
  public void forward(int[] input, int[] starts, int sequences, Tensor y, Scratch work) {
    if (sequences == 0) {
      return;
    }
    int m = network.width();
    int length = paddedLength(starts[1] - starts[0]);
    Tensor x = work.tensor("rse.embedded", Math.multiplyExact(sequences * length, m));
    for (int b = 0; b < sequences; b++) {
      int own = starts[b + 1] - starts[b];
      if (paddedLength(own) != length) {
        throw new InputException(
            "Windows of one batch must share a bin, but window 0 is padded to "
                + length
                + " tokens and window "
                + b
                + " to "
                + paddedLength(own)
                + "; run them in batches of their own.");
      }
      for (int t = 0; t < length; t++) {
        int token = t < own ? input[starts[b] + t] : 0;
        if (token < 0 || token >= tokens) {
          throw new InputException(
              "Token "
                  + t
                  + " of window "
                  + b
                  + " must be from 0 to "
                  + (tokens - 1)
                  + " but is "
                  + token
                  + ".");
        }
        kernels.copy(embedding, token * m, x, (b * length + t) * m, m);
      }
    }
    Tensor features = network.run(x, sequences, length, work);
    kernels.linear(head, features, y, sequences * length);
  }
}
