package dev.riffle.models.routing;

import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.Tensor;

/**
 * Features in segments, each taken from a neighbouring row: with causal attention the halves from
 * rows t and t - 1, else thirds from t + 1, t and t - 1, and what is left over from t. Rows beyond
 * the sequence are 0.
 */
final class TokenShift {
  private TokenShift() {}

  static Tensor apply(Kernels kernels, Tensor x, RoutingConfig config, ForwardPass pass) {
    int dim = config.dim();
    PaddedSequences at = pass.rows();
    Tensor y = pass.work().tensor("routing.shift", at.rows() * dim);
    // where each segment comes from, in rows, and its width
    int[] from = config.causal() ? new int[] {0, -1} : new int[] {1, 0, -1, 0};
    int part = dim / (config.causal() ? 2 : 3);
    for (int b = 0; b < at.count(); b++) {
      for (int r = at.packed().start(b); r < at.packed().end(b); r++) {
        for (int s = 0; s < from.length; s++) {
          int first = s * part;
          int width = s < from.length - 1 || config.causal() ? part : dim - first;
          int source = r + from[s];
          if (source >= at.packed().start(b) && source < at.packed().end(b)) {
            kernels.copy(x, source * dim + first, y, r * dim + first, width);
          } else {
            kernels.fill(y, r * dim + first, width, 0);
          }
        }
      }
    }
    return y;
  }
}
