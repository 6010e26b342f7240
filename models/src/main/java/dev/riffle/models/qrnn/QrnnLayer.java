package dev.riffle.models.qrnn;

import dev.riffle.kernels.Activation;
import dev.riffle.kernels.Constants.Linear;
import dev.riffle.kernels.FoGates;
import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.PackedSequences;
import dev.riffle.kernels.Tensor;
import dev.riffle.models.Scratch;

/**
 * One layer: a convolution over the last k inputs makes the gates, the forget-gate recurrence makes
 * the output of them. Immutable and shared by all threads; states and work memory are the caller's.
 */
public final class QrnnLayer {
  /**
   * The weights of a layer in the paper's convention.
   *
   * @param inputs features of a row
   * @param hidden features of an output row
   * @param taps k, the rows that a gate sees
   * @param gates 2 for z f, 3 for z f o, 4 for z f o i
   * @param activation of z
   * @param zoneout f' = zoneout + (1 - zoneout) f
   * @param weight {@code [gates, hidden, taps, inputs]}, the oldest tap first
   * @param bias {@code [gates, hidden]}, or null
   */
  public record Parameters(
      int inputs,
      int hidden,
      int taps,
      int gates,
      Activation activation,
      double zoneout,
      double[] weight,
      double[] bias) {}

  private final Kernels kernels;
  private final int inputs;
  private final int hidden;
  private final int taps;
  private final FoGates fo;
  private final Linear convolution; // [gates * hidden, taps * inputs]

  public QrnnLayer(Kernels kernels, Parameters p) {
    this.kernels = kernels;
    this.inputs = p.inputs;
    this.hidden = p.hidden;
    this.taps = p.taps;
    this.fo = new FoGates(p.gates, p.activation, p.zoneout);
    this.convolution = kernels.linear(p.weight, p.bias, p.gates * hidden, taps * inputs);
  }

  /** Numbers of one sequence's c: {@code [hidden]}. */
  public int stateSize() {
    return hidden;
  }

  /** Numbers of one sequence's tail: {@code [k - 1, inputs]}, the oldest first. */
  public int tailSize() {
    return (taps - 1) * inputs;
  }

  /**
   * Advances each sequence by its rows.
   *
   * @param x {@code [rows, inputs]}
   * @param c {@code [sequences, hidden]}, updated
   * @param tail {@code [sequences, k - 1, inputs]}, updated
   * @param y {@code [rows, hidden]} h of each row; not x
   */
  public void advance(
      Tensor x, PackedSequences sequences, Tensor c, Tensor tail, Tensor y, Scratch work) {
    int rows = sequences.rows();
    Tensor seen = x;
    if (taps > 1) {
      seen = work.tensor("qrnn.seen", rows * taps * inputs);
      kernels.causalUnfold(x, sequences, tail, seen, inputs, taps);
    }
    // Z = W_z * X, F = W_f * X, O = W_o * X, I = W_i * X, before their activations
    Tensor zfoi = work.tensor("qrnn.zfoi", rows * fo.count() * hidden);
    kernels.linear(convolution, seen, zfoi, rows);
    // c_t = f_t (.) c_(t-1) + (1 - f_t or i_t) (.) z_t; h_t = o_t (.) c_t
    kernels.foPooling(fo, zfoi, sequences, c, y, hidden);
  }
}
