package dev.riffle.kernels;

/**
 * Some columns of rows that lie {@code stride} values apart.
 *
 * @param tensor begins with the first of these columns of the first row
 * @param stride values from the first column of one row to that of the next
 */
public record Strided(Tensor tensor, int stride) {

  /**
   * @throws IllegalArgumentException if the stride is negative
   */
  public Strided {
    Arguments.count("stride", stride);
  }
}
