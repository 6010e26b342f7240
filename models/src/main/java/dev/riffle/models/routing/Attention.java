package dev.riffle.models.routing;

import dev.riffle.kernels.Constants.Linear;
import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.Tensor;
import dev.riffle.models.weights.Weights;

/** Local heads, then routed heads, mixed by one matrix. */
final class Attention implements SublayerFunction {
  private final Kernels kernels;
  private final int width; // of all heads
  private final int localWidth;
  private final AttentionHeads local; // null for none
  private final AttentionHeads routed; // null for none
  private final Linear out;

  private Attention(
      Kernels kernels,
      RoutingConfig config,
      int localHeads,
      AttentionHeads local,
      AttentionHeads routed,
      Linear out) {
    this.kernels = kernels;
    this.width = config.heads() * config.dimHead();
    this.localWidth = localHeads * config.dimHead();
    this.local = local;
    this.routed = routed;
    this.out = out;
  }

  /** Of rows to rows of the same sequence. */
  static Attention self(
      Kernels kernels, Weights w, RoutingConfig config, int layer, Tensor positions) {
    int localHeads = config.localHeads()[layer];
    int routedHeads = config.heads() - localHeads;
    AttentionHeads local = localHeads == 0 ? null : new LocalHeads(kernels, w, config, localHeads);
    RoutedHeads.Options options =
        new RoutedHeads.Options(routedHeads, config.sharedQk(), config.causal(), false);
    AttentionHeads routed =
        routedHeads == 0 ? null : new RoutedHeads(kernels, w, config, options, positions);
    return new Attention(kernels, config, localHeads, local, routed, out(kernels, w, config));
  }

  /** Of rows to rows of the context. */
  static Attention toContext(Kernels kernels, Weights w, RoutingConfig config) {
    RoutedHeads.Options options = new RoutedHeads.Options(config.heads(), false, false, true);
    AttentionHeads routed = new RoutedHeads(kernels, w, config, options, null);
    return new Attention(kernels, config, 0, null, routed, out(kernels, w, config));
  }

  private static Linear out(Kernels kernels, Weights w, RoutingConfig config) {
    int width = config.heads() * config.dimHead();
    return kernels.linear(
        w.require("to_out.weight", config.dim(), width), null, config.dim(), width);
  }

  @Override
  public void apply(Tensor x, Tensor y, ForwardPass pass) {
    int rows = pass.rows().rows();
    Tensor heads = pass.work().tensor("routing.heads", rows * width);
    if (local != null) {
      local.attend(x, heads, width, pass);
    }
    if (routed != null) {
      routed.attend(x, heads.view(localWidth, heads.size() - localWidth), width, pass);
    }
    kernels.linear(out, heads, y, rows);
  }

  @Override
  public long multiplyAdds(int rows) {
    return (local == null ? 0 : local.multiplyAdds(rows))
        + (routed == null ? 0 : routed.multiplyAdds(rows))
        + (long) rows * out.inputs() * out.outputs();
  }
}
