package dev.riffle.kernels.cpu;

import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.Windows;
import java.util.Arrays;

/**
 * {@link Kernels#attend} in float. The keys of a window are gathered once, turned, so that the
 * products of a query with all of them are sums over whole columns, never dot products. What a
 * query gets depends on its own windows alone.
 */
final class Attention {
  private Attention() {}

  static void attend(
      Windows windows,
      float scale,
      FloatTensor q,
      FloatTensor k,
      FloatTensor v,
      int stride,
      FloatTensor y,
      int yStride,
      int rows,
      int width) {
    for (int r = 0; r < rows; r++) {
      int at = y.base() + r * yStride;
      Arrays.fill(y.data(), at, at + width, 0);
    }
    for (int w = 0; w < windows.size(); w++) {
      int first = windows.keyStarts()[w];
      int count = windows.keyStarts()[w + 1] - first;
      float[] turned = gather(k, stride, windows.keys(), first, count, width); // [width, count]
      float[] p = new float[count];
      for (int i = windows.queryStarts()[w]; i < windows.queryStarts()[w + 1]; i++) {
        int query = windows.queries()[i];
        Arrays.fill(p, 0);
        for (int j = 0; j < width; j++) {
          float factor = q.data()[q.base() + query * stride + j] * scale;
          addTimes(factor, turned, j * count, p, 0, count);
        }
        for (int n = 0; n < count; n++) {
          p[n] = (float) windows.logit(query, windows.keys()[first + n], p[n]);
        }
        softmax(p);
        int yAt = y.base() + query * yStride;
        for (int n = 0; n < count; n++) {
          int at = v.base() + windows.keys()[first + n] * stride;
          addTimes(p[n], v.data(), at, y.data(), yAt, width);
        }
      }
    }
    double[] divisors = windows.divisors(rows);
    for (int r = 0; r < rows; r++) {
      if (divisors[r] != 0) {
        float factor = (float) (1 / divisors[r]);
        int at = y.base() + r * yStride;
        for (int j = 0; j < width; j++) {
          y.data()[at + j] *= factor;
        }
      }
    }
  }

  private static float[] gather(
      FloatTensor k, int stride, int[] keys, int first, int count, int width) {
    float[] turned = new float[width * count];
    for (int n = 0; n < count; n++) {
      int at = k.base() + keys[first + n] * stride;
      for (int j = 0; j < width; j++) {
        turned[j * count + n] = k.data()[at + j];
      }
    }
    return turned;
  }

  /** p = exp(p - m) / sum(exp(p - m)), m the maximum. */
  private static void softmax(float[] p) {
    float m = Float.NEGATIVE_INFINITY;
    for (float logit : p) {
      m = Math.max(m, logit);
    }
    double total = 0;
    for (int n = 0; n < p.length; n++) {
      p[n] = (float) Math.exp(p[n] - m);
      total += p[n];
    }
    float share = (float) (1 / total);
    for (int n = 0; n < p.length; n++) {
      p[n] *= share;
    }
  }

  /** y = y + factor x. */
  static void addTimes(float factor, float[] x, int xAt, float[] y, int yAt, int count) {
    for (int j = 0; j < count; j++) {
      y[yAt + j] += factor * x[xAt + j];
    }
  }
}
