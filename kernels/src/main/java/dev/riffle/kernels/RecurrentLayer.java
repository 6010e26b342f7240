package dev.riffle.kernels;

import dev.riffle.kernels.Constants.Diagonal;
import dev.riffle.kernels.Constants.Linear;

/**
 * The weights of a layer of a Linear Recurrent Unit (Orvieto et al. 2023, <a
 * href="https://arxiv.org/abs/2303.06349">arXiv 2303.06349</a>) with its norm, gated linear unit
 * and residual, see {@link FusedOperations#advance}.
 *
 * @param norm of rows
 * @param prenorm true if the norm is before the recurrence, false if after the residual
 * @param b B, from {@code d} features to {@code 2 n}: real parts, then imaginary ones
 * @param lambda {@code [n]}
 * @param c C, from {@code 2 n} to {@code d}
 * @param skip D {@code [d]}
 * @param activation f
 * @param gates from {@code d} to {@code 2 d}: values, then what opens them
 */
public record RecurrentLayer(
    RowNorm norm,
    boolean prenorm,
    Linear b,
    Diagonal lambda,
    Linear c,
    Tensor skip,
    Activation activation,
    Linear gates) {

  /**
   * @throws IllegalArgumentException if the sizes of the parts do not fit together
   */
  public RecurrentLayer {
    int d = b.inputs();
    long numbers = 2L * lambda.width(); // real and imaginary parts
    Arguments.product("recurrent layer: b", b, d, numbers);
    Arguments.product("recurrent layer: c", c, numbers, d);
    Arguments.product("recurrent layer: gates", gates, d, 2L * d);
    Arguments.weights("recurrent layer: skip", skip, d);
    norm.checkWidth("recurrent layer: norm", d);
  }

  /** Features d of a row. */
  public int width() {
    return b.inputs();
  }
}
