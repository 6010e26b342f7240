package dev.riffle.kernels.cpu;

import dev.riffle.kernels.Activation;
import dev.riffle.kernels.Bags;
import dev.riffle.kernels.FoGates;
import java.util.Arrays;

/**
 * Scalar loops that the JIT compiler vectorizes. It vectorizes loops that run over whole arrays
 * from index 0, so the hot loops use small local arrays and copy their results. Multiplications and
 * additions are separate, because {@link Math#fma} is slow on CPUs without a fused multiply-add.
 */
final class PlainEngine implements Engine {
  /** Values in one pass of an activation. */
  private static final int CHUNK = 256;

  @Override
  public String description() {
    return "plain loops";
  }

  @Override
  public Packed pack(
      float[] weight, int byOutput, int byInput, float[] bias, int outputs, int inputs) {
    float[][] columns = new float[inputs][outputs];
    float[] b = new float[outputs];
    for (int o = 0; o < outputs; o++) {
      b[o] = bias == null ? 0 : bias[o];
      for (int i = 0; i < inputs; i++) {
        columns[i][o] = weight[o * byOutput + i * byInput];
      }
    }
    return new Columns(columns, b, outputs, inputs);
  }

  /**
   * y = W x + b as y += x_i W_i over whole columns of W, never a dot product.
   *
   * @param weight {@code [inputs, outputs]}
   */
  private record Columns(float[][] weight, float[] bias, int outputs, int inputs)
      implements Packed {

    @Override
    public void apply(FloatTensor x, int stride, FloatTensor y, int rows) {
      float[] sum = new float[outputs];
      for (int r = 0; r < rows; r++) {
        int xAt = x.base() + r * stride;
        System.arraycopy(bias, 0, sum, 0, outputs);
        int i = 0;
        for (; i + 4 <= inputs; i += 4) {
          addFour(i, x.data(), xAt + i, sum);
        }
        for (; i < inputs; i++) {
          addOne(weight[i], x.data()[xAt + i], sum);
        }
        System.arraycopy(sum, 0, y.data(), y.base() + r * outputs, outputs);
      }
    }

    private static void addOne(float[] w, float x, float[] y) {
      for (int o = 0; o < y.length; o++) {
        y[o] += x * w[o];
      }
    }

    /** Four times {@link #addOne} in the same order, with one pass over y. */
    private void addFour(int i, float[] x, int xAt, float[] y) {
      float x0 = x[xAt];
      float x1 = x[xAt + 1];
      float x2 = x[xAt + 2];
      float x3 = x[xAt + 3];
      float[] w0 = weight[i];
      float[] w1 = weight[i + 1];
      float[] w2 = weight[i + 2];
      float[] w3 = weight[i + 3];
      for (int o = 0; o < y.length; o++) {
        y[o] = y[o] + x0 * w0[o] + x1 * w1[o] + x2 * w2[o] + x3 * w3[o];
      }
    }
  }

  @Override
  public void activateEach(Activation f, FloatTensor x, FloatTensor y, int count) {
    float[] v = new float[Math.min(count, CHUNK)];
    float[] z = new float[v.length];
    float[] power = new float[v.length];
    for (int i = 0; i < count; i += CHUNK) {
      int n = Math.min(count - i, CHUNK);
      System.arraycopy(x.data(), x.base() + i, v, 0, n);
      switch (f) {
        case NONE -> throw new IllegalStateException("Engine.activate copies");
        case RELU -> relu(v);
        case SIGMOID -> sigmoid(v, power);
        case GELU_TANH -> gelu(v, z, power);
        case GELU -> geluOfErf(v, z, power);
        case GELU_QUICK -> geluQuick(v, z, power);
        case TANH -> tanh(v, power);
        case SOFTPLUS -> Softplus.apply(v, 0, v, 0, n);
        case EXP -> exp(v, power);
      }
      System.arraycopy(v, 0, y.data(), y.base() + i, n);
    }
  }

  private static void relu(float[] v) {
    for (int i = 0; i < v.length; i++) {
      v[i] = Math.max(0, v[i]);
    }
  }

  private static void geluQuick(float[] v, float[] z, float[] power) {
    // x sigmoid(1.702 x)
    for (int i = 0; i < v.length; i++) {
      z[i] = Exp.GELU_QUICK * v[i];
    }
    sigmoid(z, power);
    for (int i = 0; i < v.length; i++) {
      v[i] *= z[i];
    }
  }

  private static void gelu(float[] v, float[] z, float[] power) {
    // 0.5 x (1 + tanh(z)) = x sigmoid(2 z), z = sqrt(2/pi) (x + 0.044715 x^3)
    for (int i = 0; i < v.length; i++) {
      z[i] = Exp.GELU * (v[i] + Exp.GELU_CUBIC * v[i] * v[i] * v[i]);
    }
    sigmoid(z, power);
    for (int i = 0; i < v.length; i++) {
      v[i] *= z[i];
    }
  }

  /** tanh(v) = 2 sigmoid(2 v) - 1. */
  private static void tanh(float[] v, float[] power) {
    for (int i = 0; i < v.length; i++) {
      v[i] *= 2;
    }
    sigmoid(v, power);
    for (int i = 0; i < v.length; i++) {
      v[i] = 2 * v[i] - 1;
    }
  }

  private static void exp(float[] v, float[] power) {
    for (int i = 0; i < v.length; i++) {
      v[i] = Math.min(Exp.HIGHEST, Math.max(Exp.LOWEST, v[i]));
    }
    split(v, power);
    for (int i = 0; i < v.length; i++) {
      v[i] *= power[i];
    }
  }

  /** See {@link Erf}. */
  private static void geluOfErf(float[] v, float[] z, float[] power) {
    for (int i = 0; i < v.length; i++) {
      float a = Math.min(Math.abs(v[i]), Erf.FAR);
      z[i] = -0.5f * a * a;
    }
    exp(z, power);
    for (int i = 0; i < v.length; i++) {
      float a = Math.min(Math.abs(v[i]), Erf.FAR);
      float t = 1 / (1 + Erf.SCALE * a);
      float p = ((Erf.P7 * t + Erf.P6) * t + Erf.P5) * t + Erf.P4;
      p = ((p * t + Erf.P3) * t + Erf.P2) * t + Erf.P1;
      v[i] = Math.max(0, v[i]) - a * (p * t * z[i]);
    }
  }

  /** v = 1 / (1 + exp(-v)). */
  private static void sigmoid(float[] v, float[] power) {
    for (int i = 0; i < v.length; i++) {
      v[i] = Math.min(Exp.HIGHEST, Math.max(Exp.LOWEST, -v[i]));
    }
    split(v, power);
    for (int i = 0; i < v.length; i++) {
      v[i] = 1 / (1 + v[i] * power[i]);
    }
  }

  /**
   * Splits exp(v) into exp(r), stored in v, and 2^n, stored in power; v is within the bounds of
   * {@link Exp}. Each kind of instruction has a loop.
   */
  private static void split(float[] v, float[] power) {
    for (int i = 0; i < v.length; i++) {
      power[i] = v[i] * Exp.LOG2_E + Exp.SHIFTER;
    }
    for (int i = 0; i < v.length; i++) {
      float n = power[i] - Exp.SHIFTER;
      float r = v[i] - n * Exp.LN_2_HIGH - n * Exp.LN_2_LOW;
      float p = (((Exp.C6 * r + Exp.C5) * r + Exp.C4) * r + Exp.C3) * r + Exp.C2;
      v[i] = (p * r + 1) * r + 1;
    }
    int one = Float.floatToRawIntBits(1f);
    for (int i = 0; i < v.length; i++) {
      int shifted = Float.floatToRawIntBits(power[i]) << Exp.EXPONENT;
      power[i] = Float.intBitsToFloat(shifted + one);
    }
  }

  @Override
  public void addScaled(FloatTensor ds, FloatTensor xs, FloatTensor ys, int rows, int width) {
    for (int r = 0; r < rows; r++) {
      addProduct(
          ds.data(),
          ds.base(),
          xs.data(),
          xs.base() + r * width,
          ys.data(),
          ys.base() + r * width,
          width);
    }
  }

  private static void addProduct(
      float[] d, int dAt, float[] x, int xAt, float[] y, int yAt, int width) {
    for (int j = 0; j < width; j++) {
      y[yAt + j] += d[dAt + j] * x[xAt + j];
    }
  }

  @Override
  public void addColumns(
      float[] x, int xAt, float[] y, int yAt, int column, int width, int stride, int rows) {
    for (int r = 0; r < rows; r++) {
      int at = r * stride + column;
      for (int j = 0; j < width; j++) {
        y[yAt + at + j] += x[xAt + at + j];
      }
    }
  }

  @Override
  public void moments(float[] x, int xAt, int rows, int width, float[] sum, float[] squares) {
    float[] first = Arrays.copyOfRange(x, xAt, xAt + width);
    float[] row = new float[width];
    Arrays.fill(sum, 0);
    for (int t = 1; t < rows; t++) {
      System.arraycopy(x, xAt + t * width, row, 0, width);
      addDifference(row, first, sum);
    }
    for (int j = 0; j < width; j++) {
      first[j] += sum[j] / rows;
    }
    Arrays.fill(squares, 0);
    for (int t = 0; t < rows; t++) {
      System.arraycopy(x, xAt + t * width, row, 0, width);
      addSquare(row, first, squares);
    }
  }

  private static void addDifference(float[] x, float[] first, float[] sum) {
    for (int j = 0; j < sum.length; j++) {
      sum[j] += x[j] - first[j];
    }
  }

  private static void addSquare(float[] x, float[] mean, float[] squares) {
    for (int j = 0; j < squares.length; j++) {
      float difference = x[j] - mean[j];
      squares[j] += difference * difference;
    }
  }

  @Override
  public void centreAndScale(
      float[] mean, float[] scale, float[] shift, FloatTensor x, FloatTensor y, int rows) {
    int width = mean.length;
    float[] row = new float[width];
    for (int r = 0; r < rows; r++) {
      System.arraycopy(x.data(), x.base() + r * width, row, 0, width);
      for (int j = 0; j < row.length; j++) {
        row[j] = (row[j] - mean[j]) * scale[j] + shift[j];
      }
      System.arraycopy(row, 0, y.data(), y.base() + r * width, width);
    }
  }

  @Override
  public void layerNorm(
      FloatTensor weights,
      FloatTensor biases,
      float epsilon,
      FloatTensor xs,
      FloatTensor ys,
      int rows,
      int width) {
    float[] x = xs.data();
    for (int r = 0; r < rows; r++) {
      int xAt = xs.base() + r * width;
      // mean = 1/n sum_j x_j, in four chains
      float s0 = 0;
      float s1 = 0;
      float s2 = 0;
      float s3 = 0;
      int j = 0;
      for (; j + 4 <= width; j += 4) {
        s0 += x[xAt + j];
        s1 += x[xAt + j + 1];
        s2 += x[xAt + j + 2];
        s3 += x[xAt + j + 3];
      }
      for (; j < width; j++) {
        s0 += x[xAt + j];
      }
      float mean = (s0 + s1 + (s2 + s3)) / width;
      // variance = 1/n sum_j (x_j - mean)^2, the same way
      s0 = 0;
      s1 = 0;
      s2 = 0;
      s3 = 0;
      for (j = 0; j + 4 <= width; j += 4) {
        float d0 = x[xAt + j] - mean;
        float d1 = x[xAt + j + 1] - mean;
        float d2 = x[xAt + j + 2] - mean;
        float d3 = x[xAt + j + 3] - mean;
        s0 += d0 * d0;
        s1 += d1 * d1;
        s2 += d2 * d2;
        s3 += d3 * d3;
      }
      for (; j < width; j++) {
        float d = x[xAt + j] - mean;
        s0 += d * d;
      }
      float variance = (s0 + s1 + (s2 + s3)) / width;
      float scale = (float) (1 / Math.sqrt(variance + epsilon));
      shiftAndScale(
          x,
          xAt,
          mean,
          scale,
          weights.data(),
          weights.base(),
          biases.data(),
          biases.base(),
          ys.data(),
          ys.base() + r * width,
          width);
    }
  }

  private static void shiftAndScale(
      float[] x,
      int xAt,
      float mean,
      float scale,
      float[] weight,
      int wAt,
      float[] bias,
      int bAt,
      float[] y,
      int yAt,
      int width) {
    for (int j = 0; j < width; j++) {
      y[yAt + j] = (x[xAt + j] - mean) * scale * weight[wAt + j] + bias[bAt + j];
    }
  }

  @Override
  public void gluResidual(FloatTensor x, FloatTensor ab, FloatTensor y, int rows, int width) {
    float[] sum = new float[width];
    float[] a = new float[width];
    float[] b = new float[width];
    float[] power = new float[width];
    for (int r = 0; r < rows; r++) {
      int aAt = ab.base() + 2 * r * width;
      System.arraycopy(x.data(), x.base() + r * width, sum, 0, width);
      System.arraycopy(ab.data(), aAt, a, 0, width);
      System.arraycopy(ab.data(), aAt + width, b, 0, width);
      sigmoid(b, power);
      for (int j = 0; j < width; j++) {
        sum[j] += a[j] * b[j];
      }
      System.arraycopy(sum, 0, y.data(), y.base() + r * width, width);
    }
  }

  @Override
  public void scaleAndAdd(
      float[] s, int sAt, float[] x, int xAt, float[] c, int cAt, float[] y, int yAt, int width) {
    for (int j = 0; j < width; j++) {
      y[yAt + j] = s[sAt + j] * x[xAt + j] + c[cAt + j];
    }
  }

  @Override
  public void bag(FloatTensor table, Bags bags, int row, float[] y, int yAt, int width) {
    Arrays.fill(y, yAt, yAt + width, 0);
    FloatTensor weights = (FloatTensor) bags.weights();
    float[] values = table.data();
    for (int i = row * bags.size(); i < (row + 1) * bags.size(); i++) {
      float weight = weights.data()[weights.base() + i];
      int from = table.base() + bags.entries()[i] * width;
      for (int j = 0; j < width; j++) {
        y[yAt + j] += weight * values[from + j];
      }
    }
  }

  @Override
  public void step(Lambda lambda, float[] h, int hAt, float[] u, int uAt) {
    float[] re = lambda.re();
    float[] im = lambda.im();
    int width = re.length;
    for (int j = 0; j < width; j++) {
      float hRe = h[hAt + j];
      float hIm = h[hAt + width + j];
      u[uAt + j] += re[j] * hRe - im[j] * hIm;
      u[uAt + width + j] += re[j] * hIm + im[j] * hRe;
    }
  }

  @Override
  public void forget(
      FoGates gates, float[] zfoi, int at, float[] c, int cAt, float[] y, int yAt, int width) {
    float zoneout = (float) gates.zoneout();
    float rest = 1 - zoneout;
    int fAt = at + width;
    int oAt = fAt + width;
    int iAt = oAt + width;
    if (gates.count() == 4) {
      for (int j = 0; j < width; j++) {
        float f = zoneout + rest * zfoi[fAt + j];
        c[cAt + j] = f * c[cAt + j] + zfoi[iAt + j] * zfoi[at + j];
      }
    } else {
      for (int j = 0; j < width; j++) {
        float f = zoneout + rest * zfoi[fAt + j];
        c[cAt + j] = f * c[cAt + j] + (1 - f) * zfoi[at + j];
      }
    }
    if (gates.count() == 2) {
      System.arraycopy(c, cAt, y, yAt, width);
    } else {
      for (int j = 0; j < width; j++) {
        y[yAt + j] = zfoi[oAt + j] * c[cAt + j];
      }
    }
  }
}
