package dev.riffle.kernels.cpu.vector;

import dev.riffle.kernels.cpu.Engine;
import dev.riffle.kernels.cpu.FloatTensor;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * y = W x + b with the outputs in lanes.
 *
 * <p>The weights are cut into panels of four vectors of outputs, 4 L columns, and then into single
 * vectors, the last padded with zeros. Within a panel they lie by input, so that a panel is read
 * from its beginning to its end:
 *
 * <pre>
 *   panel 0                    panel 1            single
 *   input 0: columns 0..4L-1   ...                input 0: columns 8L..9L-1
 *   input 1: columns 0..4L-1   ...                input 1: ...
 * </pre>
 *
 * <p>Each element of y is one chain: b_o, then + W_oi x_i for i = 0, 1, 2, ..., each rounded once.
 * The methods below differ only in how many chains they keep in registers at a time, so that the
 * adders never wait: one row by eight vectors, four rows (or two) by four, eight rows by one.
 *
 * @param weight {@code [panels and singles, inputs, columns]}
 * @param bias {@code [outputs]}, padded as the weights are
 * @param outputs length of a row of y
 * @param inputs length of a row of x
 */
record Panels(float[] weight, float[] bias, int outputs, int inputs) implements Engine.Packed {
  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
  private static final int L = SPECIES.length();
  private static final int PANEL = 4 * L;

  /** Rows that share a panel's weights: 16 lanes come with 32 registers, fewer often with 16. */
  private static final int BLOCK = L >= 16 ? 4 : 2;

  /** Values of x that go past all panels at a time: they stay in the second-level cache. */
  private static final int CHUNK = 1 << 15;

  /** Rows of a chunk, at least. */
  private static final int FEWEST = 64;

  static Panels pack(
      float[] weight, int byOutput, int byInput, float[] bias, int outputs, int inputs) {
    long columns = (outputs + L - 1L) / L * L;
    if (columns * inputs > Integer.MAX_VALUE - 8) {
      throw new IllegalArgumentException(
          "A weight may hold up to 2^31 values with outputs rounded up to a multiple of "
              + L
              + " but is "
              + outputs
              + " x "
              + inputs
              + ".");
    }
    float[] packed = new float[(int) columns * inputs];
    float[] padded = new float[(int) columns];
    for (int o = 0; o < outputs; o++) {
      padded[o] = bias == null ? 0 : bias[o];
      int width = o < outputs / PANEL * PANEL ? PANEL : L;
      int panel = o / width * width;
      for (int i = 0; i < inputs; i++) {
        packed[panel * inputs + i * width + o - panel] = weight[o * byOutput + i * byInput];
      }
    }
    return new Panels(packed, padded, outputs, inputs);
  }

  @Override
  public void apply(FloatTensor x, int stride, FloatTensor y, int rows) {
    int chunk = Math.max(FEWEST, CHUNK / Math.max(1, inputs) / BLOCK * BLOCK);
    for (int r = 0; r < rows; r += chunk) {
      applyChunk(x.data(), x.base() + r * stride, stride, y, r, Math.min(chunk, rows - r));
    }
  }

  /** Rows {@code first .. first + rows - 1} of y, from those of x that begin at {@code xAt}. */
  private void applyChunk(float[] x, int xAt, int stride, FloatTensor y, int first, int rows) {
    int panels = outputs / PANEL * PANEL;
    int blocked = rows / BLOCK * BLOCK;
    for (int o = 0; o < panels; o += PANEL) {
      for (int r = 0; r < blocked; r += BLOCK) {
        int from = xAt + r * stride;
        int to = yAt(y, first + r, o);
        if (BLOCK == 4) {
          fourRowsByFour(o, x, from, stride, y.data(), to);
        } else {
          twoRowsByFour(o, x, from, stride, y.data(), to);
        }
      }
    }
    for (int r = blocked; r < rows; r++) {
      int from = xAt + r * stride;
      int o = 0;
      for (; o + 2 * PANEL <= panels; o += 2 * PANEL) {
        oneRowByEight(o, x, from, y.data(), yAt(y, first + r, o));
      }
      if (o < panels) {
        oneRowByFour(o, x, from, y.data(), yAt(y, first + r, o));
      }
    }
    for (int o = panels; o < outputs; o += L) {
      single(o, x, xAt, stride, y, first, rows);
    }
  }

  private int yAt(FloatTensor y, int row, int o) {
    return y.base() + row * outputs + o;
  }

  /** The vector of outputs from {@code o} on, of which the last may be padded, for some rows. */
  private void single(int o, float[] x, int xAt, int stride, FloatTensor y, int first, int rows) {
    int width = Math.min(L, outputs - o);
    float[] edge = width < L ? new float[8 * L] : null;
    float[] to = edge == null ? y.data() : edge;
    int toStride = edge == null ? outputs : L;
    int r = 0;
    while (r < rows) {
      int from = xAt + r * stride;
      int toAt = edge == null ? yAt(y, first + r, o) : 0;
      int block = rows - r >= 8 ? 8 : 1;
      if (block == 8) {
        eightRowsByOne(o, x, from, stride, to, toAt, toStride);
      } else {
        oneRowByOne(o, x, from, to, toAt);
      }
      for (int k = 0; edge != null && k < block; k++) {
        System.arraycopy(edge, k * L, y.data(), yAt(y, first + r + k, o), width);
      }
      r += block;
    }
  }

  /** One row, two panels. */
  private void oneRowByEight(int o, float[] x, int xAt, float[] y, int yAt) {
    int wAt = o * inputs;
    int vAt = wAt + PANEL * inputs;
    FloatVector b0 = at(bias, o);
    FloatVector b1 = at(bias, o + L);
    FloatVector b2 = at(bias, o + 2 * L);
    FloatVector b3 = at(bias, o + 3 * L);
    FloatVector b4 = at(bias, o + 4 * L);
    FloatVector b5 = at(bias, o + 5 * L);
    FloatVector b6 = at(bias, o + 6 * L);
    FloatVector b7 = at(bias, o + 7 * L);
    FloatVector s0 = b0;
    FloatVector s1 = b1;
    FloatVector s2 = b2;
    FloatVector s3 = b3;
    FloatVector s4 = b4;
    FloatVector s5 = b5;
    FloatVector s6 = b6;
    FloatVector s7 = b7;
    for (int i = 0; i < inputs; i++) {
      FloatVector xi = FloatVector.broadcast(SPECIES, x[xAt + i]);
      s0 = xi.fma(at(weight, wAt + i * PANEL), s0);
      s1 = xi.fma(at(weight, wAt + i * PANEL + L), s1);
      s2 = xi.fma(at(weight, wAt + i * PANEL + 2 * L), s2);
      s3 = xi.fma(at(weight, wAt + i * PANEL + 3 * L), s3);
      s4 = xi.fma(at(weight, vAt + i * PANEL), s4);
      s5 = xi.fma(at(weight, vAt + i * PANEL + L), s5);
      s6 = xi.fma(at(weight, vAt + i * PANEL + 2 * L), s6);
      s7 = xi.fma(at(weight, vAt + i * PANEL + 3 * L), s7);
    }
    s0.intoArray(y, yAt);
    s1.intoArray(y, yAt + L);
    s2.intoArray(y, yAt + 2 * L);
    s3.intoArray(y, yAt + 3 * L);
    s4.intoArray(y, yAt + 4 * L);
    s5.intoArray(y, yAt + 5 * L);
    s6.intoArray(y, yAt + 6 * L);
    s7.intoArray(y, yAt + 7 * L);
  }

  /** One row, one panel. */
  private void oneRowByFour(int o, float[] x, int xAt, float[] y, int yAt) {
    int wAt = o * inputs;
    FloatVector b0 = at(bias, o);
    FloatVector b1 = at(bias, o + L);
    FloatVector b2 = at(bias, o + 2 * L);
    FloatVector b3 = at(bias, o + 3 * L);
    FloatVector s0 = b0;
    FloatVector s1 = b1;
    FloatVector s2 = b2;
    FloatVector s3 = b3;
    for (int i = 0; i < inputs; i++) {
      FloatVector xi = FloatVector.broadcast(SPECIES, x[xAt + i]);
      s0 = xi.fma(at(weight, wAt + i * PANEL), s0);
      s1 = xi.fma(at(weight, wAt + i * PANEL + L), s1);
      s2 = xi.fma(at(weight, wAt + i * PANEL + 2 * L), s2);
      s3 = xi.fma(at(weight, wAt + i * PANEL + 3 * L), s3);
    }
    s0.intoArray(y, yAt);
    s1.intoArray(y, yAt + L);
    s2.intoArray(y, yAt + 2 * L);
    s3.intoArray(y, yAt + 3 * L);
  }

  /** One row, one vector. */
  private void oneRowByOne(int o, float[] x, int xAt, float[] y, int yAt) {
    int wAt = o * inputs;
    FloatVector b0 = at(bias, o);
    FloatVector s0 = b0;
    for (int i = 0; i < inputs; i++) {
      FloatVector xi = FloatVector.broadcast(SPECIES, x[xAt + i]);
      s0 = xi.fma(at(weight, wAt + i * L), s0);
    }
    s0.intoArray(y, yAt);
  }

  /** Four rows, one panel: for 32 registers. */
  private void fourRowsByFour(int o, float[] x, int xAt, int stride, float[] y, int yAt) {
    int wAt = o * inputs;
    FloatVector b0 = at(bias, o);
    FloatVector b1 = at(bias, o + L);
    FloatVector b2 = at(bias, o + 2 * L);
    FloatVector b3 = at(bias, o + 3 * L);
    FloatVector s00 = b0;
    FloatVector s01 = b1;
    FloatVector s02 = b2;
    FloatVector s03 = b3;
    FloatVector s10 = b0;
    FloatVector s11 = b1;
    FloatVector s12 = b2;
    FloatVector s13 = b3;
    FloatVector s20 = b0;
    FloatVector s21 = b1;
    FloatVector s22 = b2;
    FloatVector s23 = b3;
    FloatVector s30 = b0;
    FloatVector s31 = b1;
    FloatVector s32 = b2;
    FloatVector s33 = b3;
    for (int i = 0; i < inputs; i++) {
      FloatVector w0 = at(weight, wAt + i * PANEL);
      FloatVector w1 = at(weight, wAt + i * PANEL + L);
      FloatVector w2 = at(weight, wAt + i * PANEL + 2 * L);
      FloatVector w3 = at(weight, wAt + i * PANEL + 3 * L);
      FloatVector x0 = FloatVector.broadcast(SPECIES, x[xAt + i]);
      s00 = x0.fma(w0, s00);
      s01 = x0.fma(w1, s01);
      s02 = x0.fma(w2, s02);
      s03 = x0.fma(w3, s03);
      FloatVector x1 = FloatVector.broadcast(SPECIES, x[xAt + stride + i]);
      s10 = x1.fma(w0, s10);
      s11 = x1.fma(w1, s11);
      s12 = x1.fma(w2, s12);
      s13 = x1.fma(w3, s13);
      FloatVector x2 = FloatVector.broadcast(SPECIES, x[xAt + 2 * stride + i]);
      s20 = x2.fma(w0, s20);
      s21 = x2.fma(w1, s21);
      s22 = x2.fma(w2, s22);
      s23 = x2.fma(w3, s23);
      FloatVector x3 = FloatVector.broadcast(SPECIES, x[xAt + 3 * stride + i]);
      s30 = x3.fma(w0, s30);
      s31 = x3.fma(w1, s31);
      s32 = x3.fma(w2, s32);
      s33 = x3.fma(w3, s33);
    }
    s00.intoArray(y, yAt);
    s01.intoArray(y, yAt + L);
    s02.intoArray(y, yAt + 2 * L);
    s03.intoArray(y, yAt + 3 * L);
    s10.intoArray(y, yAt + outputs);
    s11.intoArray(y, yAt + outputs + L);
    s12.intoArray(y, yAt + outputs + 2 * L);
    s13.intoArray(y, yAt + outputs + 3 * L);
    s20.intoArray(y, yAt + 2 * outputs);
    s21.intoArray(y, yAt + 2 * outputs + L);
    s22.intoArray(y, yAt + 2 * outputs + 2 * L);
    s23.intoArray(y, yAt + 2 * outputs + 3 * L);
    s30.intoArray(y, yAt + 3 * outputs);
    s31.intoArray(y, yAt + 3 * outputs + L);
    s32.intoArray(y, yAt + 3 * outputs + 2 * L);
    s33.intoArray(y, yAt + 3 * outputs + 3 * L);
  }

  /** Two rows, one panel: for 16 registers. */
  private void twoRowsByFour(int o, float[] x, int xAt, int stride, float[] y, int yAt) {
    int wAt = o * inputs;
    FloatVector s00 = at(bias, o);
    FloatVector s01 = at(bias, o + L);
    FloatVector s02 = at(bias, o + 2 * L);
    FloatVector s03 = at(bias, o + 3 * L);
    FloatVector s10 = s00;
    FloatVector s11 = s01;
    FloatVector s12 = s02;
    FloatVector s13 = s03;
    for (int i = 0; i < inputs; i++) {
      FloatVector x0 = FloatVector.broadcast(SPECIES, x[xAt + i]);
      FloatVector x1 = FloatVector.broadcast(SPECIES, x[xAt + stride + i]);
      FloatVector w0 = at(weight, wAt + i * PANEL);
      s00 = x0.fma(w0, s00);
      s10 = x1.fma(w0, s10);
      FloatVector w1 = at(weight, wAt + i * PANEL + L);
      s01 = x0.fma(w1, s01);
      s11 = x1.fma(w1, s11);
      FloatVector w2 = at(weight, wAt + i * PANEL + 2 * L);
      s02 = x0.fma(w2, s02);
      s12 = x1.fma(w2, s12);
      FloatVector w3 = at(weight, wAt + i * PANEL + 3 * L);
      s03 = x0.fma(w3, s03);
      s13 = x1.fma(w3, s13);
    }
    s00.intoArray(y, yAt);
    s01.intoArray(y, yAt + L);
    s02.intoArray(y, yAt + 2 * L);
    s03.intoArray(y, yAt + 3 * L);
    s10.intoArray(y, yAt + outputs);
    s11.intoArray(y, yAt + outputs + L);
    s12.intoArray(y, yAt + outputs + 2 * L);
    s13.intoArray(y, yAt + outputs + 3 * L);
  }

  /** Eight rows, one vector; rows of y lie {@code toStride} apart. */
  private void eightRowsByOne(
      int o, float[] x, int xAt, int stride, float[] y, int yAt, int toStride) {
    int wAt = o * inputs;
    FloatVector b0 = at(bias, o);
    FloatVector s0 = b0;
    FloatVector s1 = b0;
    FloatVector s2 = b0;
    FloatVector s3 = b0;
    FloatVector s4 = b0;
    FloatVector s5 = b0;
    FloatVector s6 = b0;
    FloatVector s7 = b0;
    for (int i = 0; i < inputs; i++) {
      FloatVector w0 = at(weight, wAt + i * L);
      FloatVector x0 = FloatVector.broadcast(SPECIES, x[xAt + i]);
      s0 = x0.fma(w0, s0);
      FloatVector x1 = FloatVector.broadcast(SPECIES, x[xAt + stride + i]);
      s1 = x1.fma(w0, s1);
      FloatVector x2 = FloatVector.broadcast(SPECIES, x[xAt + 2 * stride + i]);
      s2 = x2.fma(w0, s2);
      FloatVector x3 = FloatVector.broadcast(SPECIES, x[xAt + 3 * stride + i]);
      s3 = x3.fma(w0, s3);
      FloatVector x4 = FloatVector.broadcast(SPECIES, x[xAt + 4 * stride + i]);
      s4 = x4.fma(w0, s4);
      FloatVector x5 = FloatVector.broadcast(SPECIES, x[xAt + 5 * stride + i]);
      s5 = x5.fma(w0, s5);
      FloatVector x6 = FloatVector.broadcast(SPECIES, x[xAt + 6 * stride + i]);
      s6 = x6.fma(w0, s6);
      FloatVector x7 = FloatVector.broadcast(SPECIES, x[xAt + 7 * stride + i]);
      s7 = x7.fma(w0, s7);
    }
    s0.intoArray(y, yAt);
    s1.intoArray(y, yAt + toStride);
    s2.intoArray(y, yAt + 2 * toStride);
    s3.intoArray(y, yAt + 3 * toStride);
    s4.intoArray(y, yAt + 4 * toStride);
    s5.intoArray(y, yAt + 5 * toStride);
    s6.intoArray(y, yAt + 6 * toStride);
    s7.intoArray(y, yAt + 7 * toStride);
  }

  private static FloatVector at(float[] values, int i) {
    return FloatVector.fromArray(SPECIES, values, i);
  }
}
