package dev.riffle.models.routing;

import dev.riffle.kernels.Tensor;

/** What a sublayer computes between its norm and its residual. */
interface SublayerFunction {
  /** x and y {@code [rows, dim]}; y is not x. */
  void apply(Tensor x, Tensor y, ForwardPass pass);

  /** Multiply-adds for a window of this many rows, and a context of as many. */
  long multiplyAdds(int rows);
}
