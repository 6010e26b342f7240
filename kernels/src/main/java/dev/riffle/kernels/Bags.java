package dev.riffle.kernels;

/**
 * Weighted bags of table rows, see {@link Operations#embeddingBag}.
 *
 * @param entries {@code [rows, size]} table rows
 * @param weights {@code [rows, size]}
 * @param size entries of each bag
 */
public record Bags(int[] entries, Tensor weights, int size) {

  /**
   * @throws IllegalArgumentException if the size is negative
   */
  public Bags {
    Arguments.count("size", size);
  }
}
