package dev.riffle.music.signal;

import dev.riffle.models.InputException;

/**
 * The input of the Residual Shuffle-Exchange network for MusicNet whose setting {@code
 * musicnet_do_fourier_transform} is on.
 */
public final class MusicNetInput {
  private MusicNetInput() {}

  /**
   * Transforms samples into the first {@code window / 2} bins of their spectrum.
   *
   * @param samples {@code [n]} at 11 kHz; n is a power of two and at least {@code window}
   * @param window number of values that the network reads, even
   * @return {@code [window]}: the real and the imaginary part of each bin in turn, from bin 0 on,
   *     not normalised
   * @throws InputException if n is too small or not a power of two
   */
  public static double[] spectrum(double[] samples, int window) {
    int n = samples.length;
    if (n < window || Integer.bitCount(n) != 1) {
      throw new InputException(
          String.format(
              "Expected a power of two of samples, %d or more, found %d. Pass whole windows.",
              window, n));
    }
    double[] re = new double[n / 2 + 1];
    double[] im = new double[n / 2 + 1];
    new RealFft(n).transform(samples, re, im);
    double[] interleaved = new double[window];
    for (int bin = 0; bin < window / 2; bin++) {
      interleaved[2 * bin] = re[bin];
      interleaved[2 * bin + 1] = im[bin];
    }
    return interleaved;
  }
}
