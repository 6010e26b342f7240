package dev.riffle.kernels;

/**
 * Prepares weights for the operations, in the layout of the backend. Prepared constants are
 * immutable and shared by all threads.
 */
public interface Constants {

  /** Weights of y = W x + b. */
  interface Linear {
    int inputs();

    int outputs();
  }

  /** Weights of a complex diagonal recurrence. */
  interface Diagonal {
    /** Complex numbers of one group. */
    int width();
  }

  /** The columns that {@link Operations#gather} reads. */
  interface Index {
    int inputs();

    int outputs();
  }

  /**
   * Prepares y = W x + b.
   *
   * @param weight {@code [outputs, inputs]} row-major
   * @param bias {@code [outputs]}, or null for none
   */
  Linear linear(double[] weight, double[] bias, int outputs, int inputs);

  /** Prepares lambda, {@code [width]} real and imaginary parts. */
  Diagonal diagonal(double[] re, double[] im);

  /**
   * Prepares a gather. An entry {@code >= 0} is a column of the input; an entry {@code -k - 1} is
   * the constant {@code constants[k]}.
   *
   * @param inputs width of an input row
   */
  Index index(int[] entries, double[] constants, int inputs);
}
