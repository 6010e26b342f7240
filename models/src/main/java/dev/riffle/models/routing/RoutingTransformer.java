package dev.riffle.models.routing;

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
 * The Routing Transformer in inference. Immutable and shared by all threads; work memory is the
 * caller's. Each window of a batch is computed at its own length: its prediction does not depend on
 * the others.
 */
public final class RoutingTransformer implements WindowModel {
  private final Kernels kernels;
  private final RoutingConfig config;
  private final Optional<Tensor> embedding; // [num_tokens, emb_dim] of a language model
  private final Optional<Linear> projectIn; // [dim, emb_dim], if they differ
  private final LayerStack stack;
  private final Optional<Linear> projectOut; // [emb_dim, dim], if they differ
  private final Optional<Sublayer.Norm> norm; // of a language model
  private final Optional<Linear> out; // [num_tokens, emb_dim], if logits are predicted

  /**
   * @param settings under the reference's names, and {@code kind}
   * @param weights under the reference's names
   * @throws dev.riffle.models.ModelException if a setting or weight is missing or does not fit
   */
  public RoutingTransformer(Kernels kernels, Settings settings, Weights weights) {
    this.kernels = kernels;
    this.config = RoutingConfig.of(settings);
    int dim = config.dim();
    int wide = config.embDim();
    boolean projected = wide != dim;
    Weights body = config.lm() ? weights.under("routing_transformer.") : weights;
    Weights layers = projected ? body.under("fn.") : body;
    if (!config.lm()) {
      this.embedding = Optional.empty();
      this.norm = Optional.empty();
      this.out = Optional.empty();
      this.stack = new LayerStack(kernels, layers, config, Optional.empty());
    } else {
      double[] table = weights.require("token_emb.weight", config.numTokens(), wide);
      double[] positions =
          weights.require("sinu_pos_emb.emb", config.maxSeqLen(), config.dimHead());
      this.embedding = Optional.of(kernels.constant(table));
      this.norm = Optional.of(Sublayer.layerNorm(kernels, weights.under("norm."), wide));
      this.out = out(weights, table);
      this.stack =
          new LayerStack(kernels, layers, config, Optional.of(kernels.constant(positions)));
    }
    this.projectIn =
        projected ? Optional.of(linear(body.under("project_in."), dim, wide)) : Optional.empty();
    this.projectOut =
        projected && !config.returnEmbeddings()
            ? Optional.of(linear(body.under("project_out."), wide, dim))
            : Optional.empty();
  }

  private Optional<Linear> out(Weights weights, double[] table) {
    if (config.returnEmbeddings()) {
      return Optional.empty();
    }
    return Optional.of(
        config.tieEmbedding()
            ? kernels.linear(table, null, config.numTokens(), config.embDim())
            : linear(weights.under("out."), config.numTokens(), config.embDim()));
  }

  private Linear linear(Weights w, int outputs, int inputs) {
    return kernels.linear(
        w.require("weight", outputs, inputs), w.require("bias", outputs), outputs, inputs);
  }

  @Override
  public Kernels kernels() {
    return kernels;
  }

  @Override
  public int inputs() {
    return config.lm() ? 1 : config.dim();
  }

  @Override
  public int tokens() {
    return config.lm() ? config.numTokens() : 0;
  }

  /** Returns the number of values of one prediction: logits, or features of the last layer. */
  @Override
  public int outputs() {
    return out.map(Linear::outputs).orElse(config.embDim());
  }

  /**
   * What a window costs, and a context as long where one is attended to; 0 for the longest.
   *
   * @throws InputException if no window may have this length
   */
  public Description describe(int length) {
    int window = length == 0 ? config.maxSeqLen() : length;
    int rows = rows(window);
    long sum =
        (long) window * (size(projectOut) + size(out))
            + (long) rows * size(projectIn)
            + stack.multiplyAdds(rows);
    boolean routed = config.receivesContext();
    for (int localHeads : config.localHeads()) {
      routed |= localHeads < config.heads();
    }
    Description whole = Description.windowed(this, config.depth(), window, sum);
    boolean causal = config.causal() && !(routed && window > config.windowSize());
    return causal ? whole.causal() : whole;
  }

  private static long size(Optional<Linear> linear) {
    return linear.map(l -> (long) l.inputs() * l.outputs()).orElse(0L);
  }

  /** Accepts windows of up to {@code max_seq_len} steps if the model needs no context. */
  @Override
  public void check(int length) {
    if (config.receivesContext()) {
      throw new InputException(
          "This model attends to a context (receives_context), and a sequence of steps brings"
              + " none.");
    }
    rows(length);
  }

  @Override
  public long values(int length) {
    int widest = Math.max(4 * config.dim(), 3 * config.heads() * config.dimHead());
    for (boolean keys : config.pkm()) {
      widest = Math.max(widest, keys ? ProductKeyMemory.widest(config.pkmKeys()) : 0);
    }
    return (rows(length) + 1L) * Math.max(widest, config.embDim());
  }

  @Override
  public void forward(WindowBatch batch, Tensor y, Scratch work) {
    if (config.lm()) {
      forward(RoutingInput.tokens(batch.tokens(), batch.sequences()), y, work);
      return;
    }
    double[] features = new double[batch.rows() * config.dim()];
    for (int i = 0; i < features.length; i++) {
      features[i] = batch.values()[i];
    }
    forward(RoutingInput.features(features, batch.sequences()), y, work);
  }

  /** Rows of a window, padding included. */
  private int rows(int length) {
    return PaddedSequences.of(
            PackedSequences.of(0, length), Optional.empty(), config.multiple(), config.maxSeqLen())
        .rows();
  }

  /**
   * Predicts for each row of each window.
   *
   * @param y {@code [rows, outputs]}
   * @throws InputException if a window is empty or too long, a token out of range, a value not
   *     finite, or a context missing or not expected
   */
  public void forward(RoutingInput input, Tensor y, Scratch work) {
    checkContext(input);
    PaddedSequences rows =
        PaddedSequences.of(input.sequences(), input.mask(), config.multiple(), config.maxSeqLen());
    Optional<ForwardPass.Context> context = input.context().map(other -> context(other, work));
    Tensor x = config.lm() ? embed(input, rows, work) : features(input, rows, "routing.x", work);
    stack.apply(x, new ForwardPass(rows, context, work));
    head(withoutPadding(x, input, rows, work), y, input.rows(), work);
  }

  private ForwardPass.Context context(RoutingInput other, Scratch work) {
    PaddedSequences rows =
        PaddedSequences.of(other.sequences(), other.mask(), 1, Integer.MAX_VALUE);
    return new ForwardPass.Context(features(other, rows, "routing.context", work), rows);
  }

  private void head(Tensor x, Tensor y, int rows, Scratch work) {
    if (norm.isEmpty()) {
      kernels.copy(x, 0, y, 0, rows * config.dim());
      return;
    }
    Tensor wide = x;
    if (projectOut.isPresent()) {
      wide = work.tensor("routing.wide", rows * config.embDim());
      kernels.linear(projectOut.get(), x, wide, rows);
    }
    norm.get().apply(wide, out.isPresent() ? wide : y, rows);
    if (out.isPresent()) {
      kernels.linear(out.get(), wide, y, rows);
    }
  }

  private Tensor embed(RoutingInput input, PaddedSequences rows, Scratch work) {
    int[] tokens = input.tokens().orElse(new int[0]);
    if (tokens.length != input.rows()) {
      throw new InputException(
          String.format(
              "A language model reads one token for each row: expected %d tokens, found %d.",
              input.rows(), tokens.length));
    }
    int[] padded = new int[rows.rows()];
    for (int b = 0; b < input.windows(); b++) {
      for (int r = input.sequences().start(b); r < input.sequences().end(b); r++) {
        int token = tokens[r];
        if (token < 0 || token >= config.numTokens()) {
          throw new InputException(
              String.format(
                  "Token %d of window %d must be from 0 to %d but is %d.",
                  r - input.sequences().start(b), b, config.numTokens() - 1, token));
        }
        padded[rows.packed().start(b) + r - input.sequences().start(b)] = token;
      }
    }
    Tensor x = work.tensor("routing.x", rows.rows() * config.dim());
    Tensor embedded =
        projectIn.isPresent() ? work.tensor("routing.embedded", rows.rows() * config.embDim()) : x;
    kernels.embed(embedding.orElseThrow(), padded, embedded, rows.rows(), config.embDim());
    if (projectIn.isPresent()) {
      kernels.linear(projectIn.get(), embedded, x, rows.rows());
    }
    return x;
  }

  private Tensor features(RoutingInput input, PaddedSequences rows, String name, Scratch work) {
    int dim = config.dim();
    double[] given = input.features().orElse(new double[0]);
    if (given.length != input.rows() * dim) {
      throw new InputException(
          String.format(
              "Expected %d rows of %d features, found %d values.",
              input.rows(), dim, given.length));
    }
    for (int i = 0; i < given.length; i++) {
      if (!Double.isFinite(given[i])) {
        throw new InputException(
            String.format(
                "Features must be finite, but feature %d of row %d is %s.",
                i % dim, i / dim, given[i]));
      }
    }
    Tensor x = work.tensor(name, rows.rows() * dim);
    kernels.fill(x, 0, rows.rows() * dim, 0);
    for (int b = 0; b < input.windows(); b++) {
      int first = input.sequences().start(b);
      int count = (input.sequences().end(b) - first) * dim;
      kernels.write(given, first * dim, x, rows.packed().start(b) * dim, count);
    }
    return x;
  }

  private Tensor withoutPadding(Tensor x, RoutingInput input, PaddedSequences rows, Scratch work) {
    if (rows.rows() == input.rows()) {
      return x;
    }
    int dim = config.dim();
    Tensor real = work.tensor("routing.real", input.rows() * dim);
    for (int b = 0; b < input.windows(); b++) {
      int first = input.sequences().start(b);
      int count = (input.sequences().end(b) - first) * dim;
      kernels.copy(x, rows.packed().start(b) * dim, real, first * dim, count);
    }
    return real;
  }

  private void checkContext(RoutingInput input) {
    if (config.receivesContext() != input.context().isPresent()) {
      throw new InputException(
          config.receivesContext()
              ? "This model attends to a context (receives_context), but none was given."
              : "This model takes no context (receives_context is false), but one was given.");
    }
    int contexts = input.context().map(RoutingInput::windows).orElse(input.windows());
    if (contexts != input.windows()) {
      throw new InputException(
          String.format(
              "Expected a context for each of %d windows, found %d.", input.windows(), contexts));
    }
  }
}
