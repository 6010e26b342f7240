package dev.riffle.music.signal;

/**
 * The discrete Fourier transform of real numbers, in double precision, without allocation.
 *
 * <p>Even and odd samples make one complex sequence of half the length, which Stockham's radix-4
 * passes transform (no bit reversal, long inner loops); the two interleaved spectra are then
 * separated.
 *
 * <p>Owns work memory: one thread at a time.
 */
public final class RealFft {
  private final int size;
  private final int half;

  /** cos and -sin of 2 pi k / half, k = 0 .. half - 1. */
  private final double[] cosine;

  private final double[] sine;

  /** cos and -sin of 2 pi k / size, k = 0 .. half / 2. */
  private final double[] splitCosine;

  private final double[] splitSine;

  private double[] re;
  private double[] im;
  private double[] nextRe;
  private double[] nextIm;

  /**
   * Makes the tables.
   *
   * @param size number of samples, a power of two of at least 8
   */
  public RealFft(int size) {
    if (size < 8 || Integer.bitCount(size) != 1) {
      throw new IllegalArgumentException(
          "The size of a transform has to be a power of two of at least 8, but is " + size + ".");
    }
    this.size = size;
    this.half = size / 2;
    cosine = new double[half];
    sine = new double[half];
    for (int k = 0; k < half; k++) {
      cosine[k] = StrictMath.cos(2 * Math.PI * k / half);
      sine[k] = -StrictMath.sin(2 * Math.PI * k / half);
    }
    splitCosine = new double[half / 2 + 1];
    splitSine = new double[half / 2 + 1];
    for (int k = 0; k <= half / 2; k++) {
      splitCosine[k] = StrictMath.cos(2 * Math.PI * k / size);
      splitSine[k] = -StrictMath.sin(2 * Math.PI * k / size);
    }
    re = new double[half];
    im = new double[half];
    nextRe = new double[half];
    nextIm = new double[half];
  }

  /** Number of samples. */
  public int size() {
    return size;
  }

  /**
   * X_k = sum over j of x_j exp(-2 pi i j k / size), k = 0 .. size / 2.
   *
   * @param x {@code [size]}, left as it is
   * @param spectrumRe {@code [size / 2 + 1]} real parts
   * @param spectrumIm {@code [size / 2 + 1]} imaginary parts
   */
  public void transform(double[] x, double[] spectrumRe, double[] spectrumIm) {
    for (int j = 0; j < half; j++) {
      re[j] = x[2 * j];
      im[j] = x[2 * j + 1];
    }
    int stride = 1;
    int length = half;
    for (; length >= 4; length /= 4, stride *= 4) {
      for (int p = 0; p < length / 4; p++) {
        butterflies(p, length / 4, stride);
      }
      swap();
    }
    if (length == 2) {
      pairs(stride);
      swap();
    }
    separate(spectrumRe, spectrumIm);
  }

  /** y_(4p + m) = w^m sum over n of (-i)^(mn) x_(p + n quarter), for a run of {@code stride}. */
  private void butterflies(int p, int quarter, int stride) {
    double w1r = cosine[p * stride];
    double w1i = sine[p * stride];
    double w2r = cosine[2 * p * stride];
    double w2i = sine[2 * p * stride];
    double w3r = cosine[3 * p * stride];
    double w3i = sine[3 * p * stride];
    double[] xr = re;
    double[] xi = im;
    double[] yr = nextRe;
    double[] yi = nextIm;
    int a = stride * p;
    int b = a + stride * quarter;
    int c = b + stride * quarter;
    int d = c + stride * quarter;
    int to = 4 * stride * p;
    for (int q = 0; q < stride; q++) {
      double sumR = xr[a + q] + xr[c + q];
      double sumI = xi[a + q] + xi[c + q];
      double differenceR = xr[a + q] - xr[c + q];
      double differenceI = xi[a + q] - xi[c + q];
      double sum2R = xr[b + q] + xr[d + q];
      double sum2I = xi[b + q] + xi[d + q];
      double turnedR = xi[b + q] - xi[d + q]; // -i (b - d)
      double turnedI = xr[d + q] - xr[b + q];
      double oneR = differenceR + turnedR;
      double oneI = differenceI + turnedI;
      double twoR = sumR - sum2R;
      double twoI = sumI - sum2I;
      double threeR = differenceR - turnedR;
      double threeI = differenceI - turnedI;
      yr[to + q] = sumR + sum2R;
      yi[to + q] = sumI + sum2I;
      yr[to + stride + q] = oneR * w1r - oneI * w1i;
      yi[to + stride + q] = oneR * w1i + oneI * w1r;
      yr[to + 2 * stride + q] = twoR * w2r - twoI * w2i;
      yi[to + 2 * stride + q] = twoR * w2i + twoI * w2r;
      yr[to + 3 * stride + q] = threeR * w3r - threeI * w3i;
      yi[to + 3 * stride + q] = threeR * w3i + threeI * w3r;
    }
  }

  /** The last pass of a length that is no power of four. */
  private void pairs(int stride) {
    for (int q = 0; q < stride; q++) {
      nextRe[q] = re[q] + re[q + stride];
      nextIm[q] = im[q] + im[q + stride];
      nextRe[q + stride] = re[q] - re[q + stride];
      nextIm[q + stride] = im[q] - im[q + stride];
    }
  }

  /**
   * With Z the transform of even + i odd and Y_k = conj(Z_(half - k)): X_k = (Z_k + Y_k) / 2 - i
   * exp(-2 pi i k / size) (Z_k - Y_k) / 2.
   */
  private void separate(double[] outRe, double[] outIm) {
    outRe[0] = re[0] + im[0];
    outIm[0] = 0;
    outRe[half] = re[0] - im[0];
    outIm[half] = 0;
    for (int k = 1; k <= half / 2; k++) {
      int m = half - k;
      double evenR = 0.5 * (re[k] + re[m]);
      double evenI = 0.5 * (im[k] - im[m]);
      double oddR = 0.5 * (im[k] + im[m]);
      double oddI = 0.5 * (re[m] - re[k]);
      double turnedR = oddR * splitCosine[k] - oddI * splitSine[k];
      double turnedI = oddR * splitSine[k] + oddI * splitCosine[k];
      outRe[k] = evenR + turnedR;
      outIm[k] = evenI + turnedI;
      outRe[m] = evenR - turnedR;
      outIm[m] = turnedI - evenI;
    }
  }

  private void swap() {
    double[] r = re;
    re = nextRe;
    nextRe = r;
    double[] i = im;
    im = nextIm;
    nextIm = i;
  }
}
