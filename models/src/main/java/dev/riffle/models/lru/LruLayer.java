package dev.riffle.models.lru;

import dev.riffle.kernels.Activation;
import dev.riffle.kernels.Constants.Diagonal;
import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.PackedSequences;
import dev.riffle.kernels.RecurrentLayer;
import dev.riffle.kernels.Tensor;
import dev.riffle.models.Scratch;
import dev.riffle.models.weights.Weights;

/**
 * One layer: norm, complex diagonal recurrence, gelu, gated linear unit, residual. Immutable and
 * shared by all threads; states and work memory are the caller's.
 *
 * <p>A layer may run several <em>groups</em> at once: independent states that share its weights,
 * such as one per pitch. A row of the recurrence is then {@code groups} rows of {@code width}.
 */
public final class LruLayer {
  /**
   * The weights of a layer; matrices are {@code [outputs, inputs]}, row-major. {@code gammaLog} is
   * a separate weight: it is never recomputed from lambda.
   *
   * @param width features d of a row
   * @param state complex numbers n of a state
   * @param nuLog {@code [n]}; |lambda| = exp(-exp(nuLog))
   * @param thetaLog {@code [n]}; arg lambda = exp(thetaLog)
   * @param gammaLog {@code [n]}
   * @param bRe {@code [n, d]}
   * @param bIm {@code [n, d]}
   * @param cRe {@code [d, n]}
   * @param cIm {@code [d, n]}
   * @param skip D, {@code [d]}
   * @param out1 {@code [d, d]}
   * @param out1Bias {@code [d]}
   * @param out2 {@code [d, d]}, of the gate
   * @param out2Bias {@code [d]}
   */
  public record Parameters(
      int width,
      int state,
      double[] nuLog,
      double[] thetaLog,
      double[] gammaLog,
      double[] bRe,
      double[] bIm,
      double[] cRe,
      double[] cIm,
      double[] skip,
      double[] out1,
      double[] out1Bias,
      double[] out2,
      double[] out2Bias) {

    /**
     * Reads the recurrence by the names that it has everywhere: {@code nu_log}, {@code B_re}, ...;
     * what the gated linear unit is called differs.
     */
    public static Parameters of(
        Weights recurrence,
        int width,
        int state,
        double[] out1,
        double[] out1Bias,
        double[] out2,
        double[] out2Bias) {
      return new Parameters(
          width,
          state,
          recurrence.requireLog("nu_log", state),
          recurrence.requireLog("theta_log", state),
          recurrence.requireLog("gamma_log", state),
          recurrence.require("B_re", state, width),
          recurrence.require("B_im", state, width),
          recurrence.require("C_re", width, state),
          recurrence.require("C_im", width, state),
          recurrence.require("D", width),
          out1,
          out1Bias,
          out2,
          out2Bias);
    }
  }

  private final Kernels kernels;
  private final int width;
  private final int states;
  private final int groups;
  private final Norm norm;
  private final RecurrentLayer layer;

  /**
   * @param prenorm true if the norm is before the recurrence, false if after the residual
   * @param groups independent states per sequence, 1 for the ordinary layer
   */
  public LruLayer(Kernels kernels, Parameters p, Norm norm, boolean prenorm, int groups) {
    this.kernels = kernels;
    this.width = p.width;
    this.states = p.state;
    this.groups = groups;
    this.norm = norm;
    this.layer =
        new RecurrentLayer(
            norm.row(),
            prenorm,
            kernels.linear(scaledB(p), null, 2 * states, width),
            lambda(kernels, p),
            kernels.linear(realOfC(p), null, width, 2 * states),
            kernels.constant(p.skip),
            Activation.GELU_TANH,
            kernels.linear(
                joined(p.out1, p.out2), joined(p.out1Bias, p.out2Bias), 2 * width, width));
  }

  /** Numbers of one sequence's state: {@code [groups, 2, n]}, real parts before imaginary ones. */
  public int stateSize() {
    return groups * 2 * states;
  }

  /** Multiply-adds of one row, all groups together. */
  public long multiplyAdds() {
    // B and C are complex, out1 and out2 real
    return groups * (4L * width * states + 2L * width * width);
  }

  /**
   * Advances each sequence by its rows.
   *
   * @param x {@code [rows, groups, d]}; becomes the layer's output
   * @param state {@code [sequences, groups, 2, n]}, updated
   */
  public void advance(Tensor x, PackedSequences sequences, Tensor state, Scratch work) {
    int rows = sequences.rows() * groups;
    if (work.observed()) {
      showOutput(x, sequences, state, work);
    }
    kernels.advance(layer, x, sequences, state, groups, work::tensor);
    work.show("layer_output", x, rows, width);
  }

  /** Shows what the recurrence gives, Re(C h_t) + D (.) u_t, which is not stored elsewhere. */
  private void showOutput(Tensor x, PackedSequences sequences, Tensor state, Scratch work) {
    int rows = sequences.rows() * groups;
    Tensor u = x;
    if (layer.prenorm()) {
      u = work.tensor("lru.u", rows * width);
      norm.apply(x, u, rows);
    }
    Tensor h = work.tensor("lru.h", rows * 2 * states);
    kernels.linear(layer.b(), u, h, rows);
    Tensor after = work.tensor("lru.after", sequences.count() * stateSize());
    kernels.copy(state, 0, after, 0, sequences.count() * stateSize());
    kernels.recurrence(layer.lambda(), h, sequences, after, groups);
    Tensor seen = work.tensor("lru.seen", rows * width);
    kernels.linear(layer.c(), h, seen, rows);
    kernels.addScaled(layer.skip(), u, seen, Activation.NONE, rows, width);
    work.show("lru_output", seen, rows, width);
  }

  // lambda = exp(-exp(nu_log) + i exp(theta_log))
  private static Diagonal lambda(Kernels kernels, Parameters p) {
    double[] re = new double[p.state];
    double[] im = new double[p.state];
    for (int j = 0; j < p.state; j++) {
      double modulus = Math.exp(-Math.exp(p.nuLog[j]));
      double phase = Math.exp(p.thetaLog[j]);
      re[j] = modulus * Math.cos(phase);
      im[j] = modulus * Math.sin(phase);
    }
    return kernels.diagonal(re, im);
  }

  // [B_re; B_im], row j times gamma_j = exp(gamma_log_j)
  private static double[] scaledB(Parameters p) {
    double[] b = joined(p.bRe, p.bIm);
    for (int row = 0; row < 2 * p.state; row++) {
      double gamma = Math.exp(p.gammaLog[row % p.state]);
      for (int i = 0; i < p.width; i++) {
        b[row * p.width + i] *= gamma;
      }
    }
    return b;
  }

  // Re((C_re + i C_im)(re + i im)) = C_re re - C_im im = [C_re, -C_im] [re; im]
  private static double[] realOfC(Parameters p) {
    int n = p.state;
    double[] c = new double[p.width * 2 * n];
    for (int row = 0; row < p.width; row++) {
      for (int j = 0; j < n; j++) {
        c[row * 2 * n + j] = p.cRe[row * n + j];
        c[row * 2 * n + n + j] = -p.cIm[row * n + j];
      }
    }
    return c;
  }

  private static double[] joined(double[] first, double[] second) {
    double[] both = new double[first.length + second.length];
    System.arraycopy(first, 0, both, 0, first.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }
}
