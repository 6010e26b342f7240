package dev.riffle.models.routing;

import dev.riffle.models.ModelException;
import dev.riffle.models.Settings;
import java.util.stream.IntStream;

/**
 * Sizes and choices, under the reference's names.
 *
 * @param lm {@code kind}: {@code lm} reads tokens, {@code rt} feature vectors
 * @param numTokens tokens of the language model; 0 for an encoder
 * @param embDim width of token embeddings; {@code dim} unless projected
 * @param heads of attention, the local ones first
 * @param maxSeqLen longest window; there are {@code maxSeqLen / windowSize} clusters
 * @param windowSize tokens of a cluster
 * @param localWindow tokens of a block of local attention
 * @param radius blocks that local attention looks back, and ahead where it is not causal
 * @param localHeads how many heads are local, per layer
 * @param keysFollow local attention places queries and masks keys as local-attention 1.11.1 does,
 *     not 1.4.3
 * @param pkm per layer: product keys in place of the feed-forward
 */
record RoutingConfig(
    boolean lm,
    int numTokens,
    int dim,
    int embDim,
    int depth,
    int heads,
    int dimHead,
    int maxSeqLen,
    int windowSize,
    int localWindow,
    int radius,
    int[] localHeads,
    boolean keysFollow,
    boolean causal,
    boolean sharedQk,
    boolean receivesContext,
    boolean glu,
    boolean reversible,
    boolean scaleNorm,
    boolean rezero,
    boolean shiftTokens,
    boolean tieEmbedding,
    boolean returnEmbeddings,
    boolean[] pkm,
    int pkmKeys) {

  private static final int MOST = 1 << 23; // values of a table of positions

  /**
   * Reads {@code num_tokens}, {@code dim} and so on; what is absent has the reference's default.
   */
  static RoutingConfig of(Settings s) {
    boolean lm =
        switch (s.text("kind")) {
          case "lm" -> true;
          case "rt" -> false;
          default -> throw s.expected("lm or rt", "kind");
        };
    int dim = s.size("dim");
    int depth = s.layers("depth");
    int heads = size(s, "heads", 8);
    s.checkProduct("weights", 3, "depth", "dim", "heads", "dim_head");
    s.checkProduct("weights", 1, "num_tokens", "emb_dim");
    int window = size(s, "window_size", 64);
    boolean causal = flag(s, "causal", false);
    RoutingConfig config =
        new RoutingConfig(
            lm,
            lm ? s.size("num_tokens") : 0,
            dim,
            size(s, "emb_dim", dim),
            depth,
            heads,
            size(s, "dim_head", lm ? 64 : Math.max(1, dim / heads)),
            s.size("max_seq_len"),
            window,
            size(s, "local_attn_window_size", lm ? window : 256),
            size(s, "local_attn_radius_blocks", 1),
            localHeads(s, depth, heads),
            keysFollow(s),
            causal,
            flag(s, "shared_qk", causal),
            flag(s, "receives_context", false),
            flag(s, "ff_glu", false),
            flag(s, "reversible", false),
            flag(s, "use_scale_norm", false),
            flag(s, "use_rezero", false),
            flag(s, "shift_tokens", false),
            flag(s, "tie_embedding", false),
            flag(s, "return_embeddings", false),
            pkm(s, depth),
            size(s, "pkm_num_keys", 128));
    config.check(s);
    return config;
  }

  private void check(Settings s) {
    if (maxSeqLen % windowSize != 0) {
      throw s.expected("a multiple of window_size, " + windowSize, "max_seq_len");
    }
    if (dimHead % 2 != 0) {
      throw s.expected("even, as positions turn pairs of its columns", "dim_head");
    }
    double positions = maxSeqLen + (ahead() + 1.0) * localWindow;
    if (IntStream.of(localHeads).anyMatch(h -> h > 0) && positions * dimHead > MOST) {
      throw s.expected("less, as local heads need positions x dim_head <= " + MOST, "max_seq_len");
    }
    if (returnEmbeddings && embDim != dim) {
      throw s.expected("absent with return_embeddings, whose norm would not fit", "emb_dim");
    }
    if (s.has("context_window_size") && s.size("context_window_size") != windowSize) {
      throw s.expected("absent or window_size, " + windowSize, "context_window_size");
    }
    if (s.has("moe_layers") && s.numbers("moe_layers").length > 0) {
      throw s.expected("empty: a mixture of experts draws lots in inference", "moe_layers");
    }
    for (boolean keys : pkm) {
      if (keys && pkmKeys < ProductKeyMemory.TOP) {
        throw s.expected(ProductKeyMemory.TOP + " or more", "pkm_num_keys");
      }
    }
  }

  /** Clusters of a routed head. */
  int clusters() {
    return maxSeqLen / windowSize;
  }

  /** Multiple to which a sequence is filled up for its blocks; 1 where no head is local. */
  int multiple() {
    for (int heads : localHeads) {
      if (heads > 0) {
        return localWindow;
      }
    }
    return 1;
  }

  /** Blocks that local attention looks ahead. */
  int ahead() {
    return causal ? 0 : radius;
  }

  private static int size(Settings s, String name, int otherwise) {
    return s.has(name) ? s.size(name) : otherwise;
  }

  private static boolean flag(Settings s, String name, boolean otherwise) {
    return s.has(name) ? s.flag(name) : otherwise;
  }

  private static boolean keysFollow(Settings s) {
    String name = "local_attention_version";
    String version = s.has(name) ? s.text(name) : "1.4.3";
    return switch (version) {
      case "1.4.3" -> false;
      case "1.11.1" -> true;
      default -> throw s.expected("1.4.3 or 1.11.1, whose answers differ", name);
    };
  }

  /** A number for all layers, or a list of one per layer. */
  private static int[] localHeads(Settings s, int depth, int heads) {
    String name = "n_local_attn_heads";
    int[] local = new int[depth];
    if (!s.has(name)) {
      return local;
    }
    double[] given = numbers(s, name);
    if (given.length != 1 && given.length != depth) {
      throw s.expected("a number, or a list of " + depth + ", one per layer", name);
    }
    for (int i = 0; i < depth; i++) {
      double value = given[given.length == 1 ? 0 : i];
      if (value != Math.rint(value) || value < 0 || value > heads) {
        throw s.expected("whole numbers from 0 to heads, " + heads, name);
      }
      local[i] = (int) value;
    }
    return local;
  }

  private static double[] numbers(Settings s, String name) {
    try {
      return new double[] {s.number(name)};
    } catch (ModelException notOne) {
      return s.numbers(name);
    }
  }

  private static boolean[] pkm(Settings s, int depth) {
    boolean[] layers = new boolean[depth];
    if (s.has("pkm_layers")) {
      for (double layer : s.numbers("pkm_layers")) {
        if (layer != Math.rint(layer) || layer < 1 || layer > depth) {
          throw s.expected("layers from 1 to depth, " + depth, "pkm_layers");
        }
        layers[(int) layer - 1] = true;
      }
    }
    return layers;
  }
}
