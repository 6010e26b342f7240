package dev.riffle.models.routing;

import dev.riffle.kernels.Tensor;

/** What a sublayer computes between its norm and its residual. */
@FunctionalInterface
interface Part {
  /** x and y {@code [rows, dim]}; y is not x. */
  void apply(Tensor x, Tensor y, Pass pass);
}
