package dev.riffle.kernels.cpu;

import dev.riffle.kernels.Activation;

/**
 * Loops over {@code float[]} in the order that the JIT turns into vector instructions by itself: y
 * += x_i W_i over whole columns, never a dot product. Multiplications and additions are kept apart,
 * so that a machine without a fused multiply-add is not slower for it.
 */
final class PlainEngine implements Engine {

  @Override
  public String description() {
    return "plain loops";
  }

  /** Transposes the weights: {@code [inputs, outputs]}. */
  @Override
  public Packed pack(double[] weight, double[] bias, int outputs, int inputs) {
    float[] columns = new float[weight.length];
    for (int o = 0; o < outputs; o++) {
      for (int i = 0; i < inputs; i++) {
        columns[i * outputs + o] = (float) weight[o * inputs + i];
      }
    }
    float[] b = new float[outputs];
    for (int o = 0; bias != null && o < outputs; o++) {
      b[o] = (float) bias[o];
    }
    return new Packed(columns, b, outputs, inputs);
  }

  @Override
  public void linear(Packed w, FloatTensor x, FloatTensor y, int rows) {
    for (int r = 0; r < rows; r++) {
      int xAt = x.base() + r * w.inputs();
      int yAt = y.base() + r * w.outputs();
      System.arraycopy(w.bias(), 0, y.data(), yAt, w.outputs());
      int i = 0;
      for (; i + 4 <= w.inputs(); i += 4) {
        addFour(w.weight(), i * w.outputs(), x.data(), xAt + i, y.data(), yAt, w.outputs());
      }
      for (; i < w.inputs(); i++) {
        addOne(w.weight(), i * w.outputs(), x.data()[xAt + i], y.data(), yAt, w.outputs());
      }
    }
  }

  private static void addOne(float[] w, int wAt, float x, float[] y, int yAt, int outputs) {
    for (int o = 0; o < outputs; o++) {
      y[yAt + o] += x * w[wAt + o];
    }
  }

  /** Four times {@link #addOne} in the same order, with one pass over y. */
  private static void addFour(
      float[] w, int wAt, float[] x, int xAt, float[] y, int yAt, int outputs) {
    float x0 = x[xAt];
    float x1 = x[xAt + 1];
    float x2 = x[xAt + 2];
    float x3 = x[xAt + 3];
    int w1 = wAt + outputs;
    int w2 = w1 + outputs;
    int w3 = w2 + outputs;
    for (int o = 0; o < outputs; o++) {
      y[yAt + o] = y[yAt + o] + x0 * w[wAt + o] + x1 * w[w1 + o] + x2 * w[w2 + o] + x3 * w[w3 + o];
    }
  }

  @Override
  public void activate(Activation f, FloatTensor xs, FloatTensor ys, int count) {
    float[] x = xs.data();
    float[] y = ys.data();
    int xAt = xs.base();
    int yAt = ys.base();
    switch (f) {
      case NONE -> System.arraycopy(x, xAt, y, yAt, count);
      case RELU -> {
        for (int i = 0; i < count; i++) {
          y[yAt + i] = Math.max(0, x[xAt + i]);
        }
      }
      case SIGMOID -> {
        for (int i = 0; i < count; i++) {
          y[yAt + i] = sigmoid(x[xAt + i]);
        }
      }
      case GELU_TANH -> {
        // 0.5 x (1 + tanh(z)) = x sigmoid(2 z), z = sqrt(2/pi) (x + 0.044715 x^3)
        for (int i = 0; i < count; i++) {
          float v = x[xAt + i];
          y[yAt + i] = v * sigmoid(Exp.GELU * (v + Exp.GELU_CUBIC * v * v * v));
        }
      }
    }
  }

  private static float sigmoid(float x) {
    return 1 / (1 + Exp.exp(-x));
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
  public void normalize(
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
  public void gatedMix(FloatTensor xs, FloatTensor abs, FloatTensor ys, int rows, int width) {
    float[] x = xs.data();
    float[] ab = abs.data();
    float[] y = ys.data();
    for (int r = 0; r < rows; r++) {
      int at = r * width;
      int aAt = abs.base() + 2 * at;
      for (int j = 0; j < width; j++) {
        y[ys.base() + at + j] = x[xs.base() + at + j] + ab[aAt + j] * sigmoid(ab[aAt + width + j]);
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
}
