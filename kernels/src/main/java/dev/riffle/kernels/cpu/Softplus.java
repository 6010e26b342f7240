package dev.riffle.kernels.cpu;

/** log(1 + exp(x)), one value at a time in double: no family leans on its speed. */
public final class Softplus {
  private Softplus() {}

  /** y = log(1 + exp(x)) for {@code count} values from {@code xAt} and {@code yAt} on. */
  public static void apply(float[] x, int xAt, float[] y, int yAt, int count) {
    for (int i = 0; i < count; i++) {
      double v = x[xAt + i];
      // log(1 + exp(v)) = max(0, v) + log(1 + exp(-|v|)), which does not overflow
      y[yAt + i] = (float) (Math.max(0, v) + Math.log1p(Math.exp(-Math.abs(v))));
    }
  }
}
