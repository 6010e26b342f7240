package dev.riffle.music.signal;

/**
 * Converts the sample rate of a stream with a Kaiser-windowed sinc filter. The outputs have the
 * same bits for any division of the inputs into chunks.
 *
 * <p>Output k has the time k / rateOut and therefore the input position k down / up, with both
 * rates divided by their greatest common divisor. It depends on {@code half} inputs on either side:
 * the filter has no delay, only a look-ahead of {@link #lookAhead} inputs. Inputs before the first
 * are zero. The response is flat within 0.1 dB up to 0.45 of the lower rate, and at least 80 dB
 * down from 0.5 of it on. Equal rates pass through unchanged.
 *
 * <p>Immutable. The caller stores the state of a stream: the number of its inputs and the last
 * {@link #history} of them.
 */
public final class Resampler {
  /** Inputs at the lower rate on either side: Kaiser's length for 85 dB from 0.45 to 0.5. */
  private static final int REACH = 54;

  private static final double KAISER_BETA = 0.1102 * (85 - 8.7);

  /** Middle of the transition band, as a fraction of the lower rate. */
  private static final double CUTOFF = 0.475;

  /** Limit of stored weights (1 MB); if the exact phases need more, they are interpolated. */
  private static final int MAX_WEIGHTS = 1 << 17;

  /** Interpolated phases per sample of the lower rate: the error is below -100 dB. */
  private static final int INTERPOLATED_PHASES = 512;

  private final int up;
  private final int down;
  private final int half;
  private final boolean exact;
  private final int phases;

  /** {@code [phases (+ 1 when interpolated)][2 half]}, each row with sum 1. */
  private final double[][] taps;

  /**
   * Computes the filter for two rates.
   *
   * @param rateIn samples per second of the input
   * @param rateOut samples per second of the output
   */
  public Resampler(int rateIn, int rateOut) {
    if (rateIn <= 0 || rateOut <= 0) {
      throw new IllegalArgumentException(
          "Sample rates must be positive, found " + rateIn + " and " + rateOut + ".");
    }
    int divisor = greatestCommonDivisor(rateIn, rateOut);
    up = rateOut / divisor;
    down = rateIn / divisor;
    if (up == down) {
      half = 0;
      exact = true;
      phases = 1;
      taps = new double[0][];
      return;
    }
    double stretch = Math.max(1, (double) rateIn / rateOut); // inputs per sample of the lower rate
    half = (int) Math.ceil(REACH * stretch);
    exact = (long) up * 2 * half <= MAX_WEIGHTS;
    phases = exact ? up : (int) Math.ceil(INTERPOLATED_PHASES / stretch);
    taps = new double[exact ? phases : phases + 1][];
    for (int p = 0; p < taps.length; p++) {
      taps[p] = row((double) p / phases, stretch);
    }
  }

  /** Weights of inputs i - half + 1 .. i + half for the position i + fraction. */
  private double[] row(double fraction, double stretch) {
    double[] row = new double[2 * half];
    double sum = 0;
    for (int j = 0; j < row.length; j++) {
      double distance = fraction + half - 1 - j; // in inputs
      double x = 2 * CUTOFF * distance / stretch;
      double sinc = x == 0 ? 1 : StrictMath.sin(Math.PI * x) / (Math.PI * x);
      double edge = distance / (REACH * stretch);
      row[j] = Math.abs(edge) >= 1 ? 0 : sinc * bessel(KAISER_BETA * Math.sqrt(1 - edge * edge));
      sum += row[j];
    }
    for (int j = 0; j < row.length; j++) {
      row[j] /= sum;
    }
    return row;
  }

  /** I_0(x) = sum over k of ((x/2)^k / k!)^2. */
  private static double bessel(double x) {
    double sum = 1;
    double term = 1;
    for (int k = 1; term > 1e-17 * sum; k++) {
      term *= (x / (2 * k)) * (x / (2 * k));
      sum += term;
    }
    return sum;
  }

  private static int greatestCommonDivisor(int a, int b) {
    return b == 0 ? a : greatestCommonDivisor(b, a % b);
  }

  /** Number of inputs after its own time that an output depends on. */
  public int lookAhead() {
    return half;
  }

  /** Number of the last inputs that the caller stores. */
  public int history() {
    return half == 0 ? 0 : 2 * half - 1;
  }

  /** Number of stored weights. */
  int weights() {
    return taps.length * 2 * half;
  }

  /** Number of inputs that output {@code k} requires. */
  public long needed(long k) {
    return k * down / up + half + 1;
  }

  /** Number of outputs that {@code inputs} inputs complete. */
  public long complete(long inputs) {
    return inputs <= half ? 0 : length(inputs - half);
  }

  /**
   * Number of outputs of a whole stream of {@code inputs} inputs; {@link #lookAhead} zeros after
   * its end complete them.
   */
  public long length(long inputs) {
    return (inputs * up + down - 1) / down;
  }

  /**
   * Consumes inputs and computes the outputs that they complete: {@code complete(before + count) -
   * complete(before)}.
   *
   * @param before number of inputs of the stream before these
   * @param line {@code [history + count]}: the stream's last {@link #history} inputs before these,
   *     then these
   * @param count number of new inputs
   * @param out receives the outputs from {@code outOffset} on
   * @return number of outputs
   */
  public int process(long before, float[] line, int count, float[] out, int outOffset) {
    if (half == 0) {
      System.arraycopy(line, 0, out, outOffset, count);
      return count;
    }
    long first = complete(before);
    int outputs = (int) (complete(before + count) - first);
    long base = before - history(); // input index of line[0]
    for (int n = 0; n < outputs; n++) {
      long position = (first + n) * down;
      long i = position / up;
      int from = (int) (i - half + 1 - base);
      long remainder = position % up; // phase = remainder / up
      double y;
      if (exact) {
        y = dot(taps[(int) remainder], line, from);
      } else {
        double phase = (double) remainder / up * phases;
        int p = (int) phase;
        double f = phase - p;
        y = (1 - f) * dot(taps[p], line, from) + f * dot(taps[p + 1], line, from);
      }
      out[outOffset + n] = (float) y;
    }
    return outputs;
  }

  /** Four independent sums, so that the processor adds them in parallel. */
  private static double dot(double[] row, float[] line, int from) {
    double a = 0;
    double b = 0;
    double c = 0;
    double d = 0;
    int j = 0;
    for (; j + 3 < row.length; j += 4) {
      a += row[j] * line[from + j];
      b += row[j + 1] * line[from + j + 1];
      c += row[j + 2] * line[from + j + 2];
      d += row[j + 3] * line[from + j + 3];
    }
    for (; j < row.length; j++) {
      a += row[j] * line[from + j];
    }
    return (a + c) + (b + d);
  }
}
