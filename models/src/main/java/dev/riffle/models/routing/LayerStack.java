package dev.riffle.models.routing;

import dev.riffle.kernels.Activation;
import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.Tensor;
import dev.riffle.models.weights.Weights;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The layers: pairs of an attention f and a feed-forward g. In sequence, x += f(x), x += g(x);
 * reversible, with x1 = x2 = x, x1 += f(x2), x2 += g(x1), and (x1 + x2) / 2 at the end.
 */
final class LayerStack {
  private final Kernels kernels;
  private final RoutingConfig config;
  private final List<Sublayer> sublayers = new ArrayList<>(); // f, g, f, g, ...
  private final Tensor ones; // [dim]
  private final Tensor halves; // [dim]
  private final Tensor zeros; // [dim]

  /**
   * @param w weights from {@code layers.} on
   * @param positions table of rotary positions for routed heads
   */
  LayerStack(Kernels kernels, Weights w, RoutingConfig config, Optional<Tensor> positions) {
    this.kernels = kernels;
    this.config = config;
    for (int i = 0, pair = 0; i < config.depth(); i++) {
      Weights f = at(w, pair, 0);
      add(f, Attention.self(kernels, inner(f), config, i, positions));
      feedForward(at(w, pair++, 1), config.pkm()[i]);
      if (config.receivesContext()) {
        Weights context = at(w, pair, 0);
        add(context, Attention.toContext(kernels, inner(context), config));
        feedForward(at(w, pair++, 1), false);
      }
    }
    double[] values = new double[config.dim()]; // as the weights have shown to be possible
    this.zeros = kernels.constant(values);
    Arrays.fill(values, 1);
    this.ones = kernels.constant(values);
    Arrays.fill(values, 0.5);
    this.halves = kernels.constant(values);
  }

  /** {@code layers.layers.3.0.}, or {@code layers.blocks.3.f.net.} where it is reversible. */
  private Weights at(Weights w, int pair, int half) {
    return config.reversible()
        ? w.under("layers.blocks." + pair + (half == 0 ? ".f.net." : ".g.net."))
        : w.under("layers.layers." + pair + "." + half + ".");
  }

  /** What a sublayer wraps; the reference wraps it twice where tokens are shifted. */
  private Weights inner(Weights w) {
    return w.under(config.shiftTokens() ? "fn.fn." : "fn.");
  }

  private void feedForward(Weights w, boolean pkm) {
    SublayerFunction function =
        pkm
            ? new ProductKeyMemory(kernels, inner(w), config.dim(), config.pkmKeys())
            : new FeedForward(kernels, inner(w).under("fn."), config.dim(), config.glu());
    add(w, function);
  }

  private void add(Weights w, SublayerFunction function) {
    sublayers.add(new Sublayer(kernels, w, config, function));
  }

  /** Runs all layers in place of x {@code [rows, dim]}. */
  void apply(Tensor x, ForwardPass pass) {
    if (!config.reversible()) {
      for (Sublayer sublayer : sublayers) {
        sublayer.addTo(x, x, pass);
      }
      return;
    }
    int rows = pass.rows().rows();
    int size = rows * config.dim();
    Tensor other = pass.work().tensor("routing.other", size);
    kernels.copy(x, 0, other, 0, size);
    for (int i = 0; i < sublayers.size(); i += 2) {
      sublayers.get(i).addTo(x, other, pass);
      sublayers.get(i + 1).addTo(other, x, pass);
    }
    kernels.addScaled(ones, other, x, Activation.NONE, rows, config.dim());
    kernels.affine(halves, zeros, x, x, rows, config.dim());
  }

  /** Multiply-adds for a window of this many rows. */
  long multiplyAdds(int rows) {
    return sublayers.stream().mapToLong(s -> s.multiplyAdds(rows)).sum();
  }
}
