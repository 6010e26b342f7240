package dev.riffle.kernels;

/**
 * What {@link Operations#attend} reads: the same columns of each row; rows lie {@code stride}
 * values apart.
 *
 * @param q queries
 * @param k keys; their rows are not those of the queries
 * @param v values, in the rows of the keys
 * @param stride values from one row to the next
 */
public record QueryKeyValue(Tensor q, Tensor k, Tensor v, int stride) {

  /**
   * @throws IllegalArgumentException if the stride is negative
   */
  public QueryKeyValue {
    Arguments.count("stride", stride);
  }
}
