package dev.riffle.models.routing;

import dev.riffle.kernels.Tensor;

/** Some heads of an attention. */
interface AttentionHeads {
  /**
   * @param x {@code [rows, dim]}
   * @param y their columns of {@code [rows, stride]}, each head {@code dim_head} of them, from the
   *     first value of y on
   */
  void attend(Tensor x, Tensor y, int stride, ForwardPass pass);

  /** Multiply-adds for a window of this many rows, and a context of as many. */
  long multiplyAdds(int rows);
}
