package dev.riffle.models.routing;

import dev.riffle.kernels.Tensor;

/** What a sublayer computes between its norm and its residual. */
interface Part {
  /** x and y {@code [rows, dim]}; y is not x. */
  void apply(Tensor x, Tensor y, Pass pass);

  /** Multiply-adds for a window of this many rows, and a context of as many. */
  long multiplyAdds(int rows);
}
