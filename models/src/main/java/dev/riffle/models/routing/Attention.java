package dev.riffle.models.routing;

import dev.riffle.kernels.Constants.Linear;
import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.Tensor;
import dev.riffle.models.weights.Weights;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Local heads, then routed heads, mixed by one matrix. */
final class Attention implements SublayerFunction {
  /** Heads, and the first of their columns. */
  private record Part(AttentionHeads heads, int column) {}

  private final Kernels kernels;
  private final List<Part> parts;
  private final Linear out; // [dim, columns of all heads]

  private Attention(Kernels kernels, List<Part> parts, Linear out) {
    this.kernels = kernels;
    this.parts = parts;
    this.out = out;
  }

  /**
   * Of rows to rows of the same sequence.
   *
   * @param positions table of rotary positions for routed heads
   */
  static Attention self(
      Kernels kernels, Weights w, RoutingConfig config, int layer, Optional<Tensor> positions) {
    int local = config.localHeads()[layer];
    int routed = config.heads() - local;
    List<Part> parts = new ArrayList<>();
    if (local > 0) {
      parts.add(new Part(new LocalHeads(kernels, w, config, local), 0));
    }
    if (routed > 0) {
      RoutedHeads.Options options =
          new RoutedHeads.Options(routed, config.sharedQk(), config.causal(), false);
      RoutedHeads heads = new RoutedHeads(kernels, w, config, options, positions);
      parts.add(new Part(heads, local * config.dimHead()));
    }
    return new Attention(kernels, parts, out(kernels, w, config));
  }

  /** Of rows to rows of the context. */
  static Attention toContext(Kernels kernels, Weights w, RoutingConfig config) {
    RoutedHeads.Options options = new RoutedHeads.Options(config.heads(), false, false, true);
    RoutedHeads heads = new RoutedHeads(kernels, w, config, options, Optional.empty());
    return new Attention(kernels, List.of(new Part(heads, 0)), out(kernels, w, config));
  }

  private static Linear out(Kernels kernels, Weights w, RoutingConfig config) {
    int width = config.heads() * config.dimHead();
    return kernels.linear(
        w.require("to_out.weight", config.dim(), width), null, config.dim(), width);
  }

  @Override
  public void apply(Tensor x, Tensor y, ForwardPass pass) {
    int rows = pass.rows().rows();
    int width = out.inputs();
    Tensor all = pass.work().tensor("routing.heads", rows * width);
    for (Part part : parts) {
      part.heads.attend(x, all.view(part.column, all.size() - part.column), width, pass);
    }
    kernels.linear(out, all, y, rows);
  }

  @Override
  public long multiplyAdds(int rows) {
    return parts.stream().mapToLong(part -> part.heads.multiplyAdds(rows)).sum()
        + (long) rows * out.inputs() * out.outputs();
  }
}
