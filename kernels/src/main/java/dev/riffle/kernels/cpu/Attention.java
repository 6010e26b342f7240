package dev.riffle.kernels.cpu;

import dev.riffle.kernels.Activation;
import dev.riffle.kernels.AttentionSets;
import dev.riffle.kernels.Operations;
import dev.riffle.kernels.QueryKeyValue;
import dev.riffle.kernels.Tensor;
import java.util.Arrays;

/**
 * {@link Operations#attend} in float. The keys and values of a window are gathered once and laid
 * out as weights, so that its queries take two matrix products. The result of a query depends on
 * its own windows only. Windows that share no query are computed in parallel.
 *
 * @param qkv {@code width} columns of each row
 */
record Attention(
    AttentionSets windows,
    float scale,
    QueryKeyValue qkv,
    int width,
    Engine engine,
    WorkerPool pool) {
  /** Queries that are computed together. */
  private static final int QUERIES = 64;

  /** Values below count as 0: the least result of {@link Exp} is e^-87, 1.6e-38. */
  private static final float LEAST = 2e-38f;

  /** y: {@code width} columns of each of {@code rows} rows, {@code yStride} apart. */
  void attend(FloatTensor y, int yStride, int rows) {
    for (int r = 0; r < rows; r++) {
      int at = y.base() + r * yStride;
      Arrays.fill(y.data(), at, at + width, 0);
    }
    double[] divisors = windows.divisors(rows);
    boolean apart = true;
    for (double divisor : divisors) {
      apart &= divisor <= 1 + windows.epsilon();
    }
    if (apart) {
      pool.run(windows.size(), (member, w) -> window(w, y, yStride));
    } else {
      for (int w = 0; w < windows.size(); w++) {
        window(w, y, yStride);
      }
    }
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

  private void window(int w, FloatTensor y, int yStride) {
    int first = windows.keyStarts()[w];
    int count = windows.keyStarts()[w + 1] - first;
    if (count == 0) {
      return;
    }
    Engine.Packed keys = engine.pack(gather(qkv.k(), first, count), width, 1, null, count, width);
    Engine.Packed values = engine.pack(gather(qkv.v(), first, count), 1, width, null, width, count);
    int most = Math.min(QUERIES, windows.queryStarts()[w + 1] - windows.queryStarts()[w]);
    FloatTensor asked = floats(most * width);
    FloatTensor p = floats(most * count); // logits, then shares
    FloatTensor mixed = floats(most * width);
    FloatTensor q = (FloatTensor) qkv.q();
    int stride = qkv.stride();
    for (int i = windows.queryStarts()[w]; i < windows.queryStarts()[w + 1]; i += most) {
      int n = Math.min(most, windows.queryStarts()[w + 1] - i);
      for (int r = 0; r < n; r++) {
        int at = q.base() + windows.queries()[i + r] * stride;
        for (int j = 0; j < width; j++) {
          asked.data()[r * width + j] = q.data()[at + j] * scale;
        }
      }
      keys.apply(asked, width, p, n);
      for (int r = 0; r < n; r++) {
        int query = windows.queries()[i + r];
        for (int j = 0; j < count; j++) {
          int at = r * count + j;
          p.data()[at] = (float) windows.logit(query, windows.keys()[first + j], p.data()[at]);
        }
        softmax(p.slice(r * count, count));
      }
      values.apply(p, count, mixed, n);
      for (int r = 0; r < n; r++) {
        int at = y.base() + windows.queries()[i + r] * yStride;
        for (int j = 0; j < width; j++) {
          y.data()[at + j] += mixed.data()[r * width + j];
        }
      }
    }
  }

  private static FloatTensor floats(int size) {
    return new FloatTensor(new float[size], 0, size);
  }

  /** The window's rows, {@code [count, width]}. */
  private float[] gather(Tensor tensor, int first, int count) {
    FloatTensor from = (FloatTensor) tensor;
    int stride = qkv.stride();
    float[] rows = new float[count * width];
    for (int n = 0; n < count; n++) {
      int at = from.base() + windows.keys()[first + n] * stride;
      System.arraycopy(from.data(), at, rows, n * width, width);
    }
    return rows;
  }

  /** p = exp(p - m) / sum(exp(p - m)), m the maximum; what is too small for a float is 0. */
  private void softmax(FloatTensor row) {
    float[] p = row.data();
    int end = row.base() + row.size();
    float m = Float.NEGATIVE_INFINITY;
    for (int n = row.base(); n < end; n++) {
      m = Math.max(m, p[n]);
    }
    for (int n = row.base(); n < end; n++) {
      p[n] -= m;
    }
    engine.activate(Activation.EXP, row, row, row.size());
    double total = 0;
    for (int n = row.base(); n < end; n++) {
      p[n] = p[n] < LEAST ? 0 : p[n]; // else what is hidden would weigh a little
      total += p[n];
    }
    float share = (float) (1 / total);
    for (int n = row.base(); n < end; n++) {
      p[n] *= share;
    }
  }
}
