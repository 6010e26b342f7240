package dev.riffle.music.signal;

/**
 * Compares the energy of the sum of all channels to the energies of the channels, over a whole
 * sound. Constant offsets do not count.
 *
 * <p>With {@code var} over the samples: {@code sumRatio = var(sum of x[c]) / sum of var(x[c])}. It
 * is the number of channels if they are equal, 1 if they are independent, and 0 if they cancel. For
 * two channels of equal energy, it is 1 plus their correlation.
 */
public final class ChannelLevels {
  /** The channels cancel below this ratio: two of equal energy then correlate below -0.8. */
  public static final double CANCELLED = 0.2;

  private final double[] sums;
  private final double[] squares;
  private double sumOfSquares;
  private long samples;

  /**
   * @param channels interleaved, 1 or more
   */
  public ChannelLevels(int channels) {
    sums = new double[channels];
    squares = new double[channels];
  }

  /** Takes the next samples, {@code [samples, channels]}. */
  public void add(float[] values, int count) {
    int channels = sums.length;
    for (int i = 0; i < count; i++) {
      double sum = 0;
      for (int c = 0; c < channels; c++) {
        double x = values[i * channels + c];
        sums[c] += x;
        squares[c] += x * x;
        sum += x;
      }
      sumOfSquares += sum * sum;
    }
    samples += count;
  }

  /** Energy of the sum over that of the channels; 1 for silence. */
  public double sumRatio() {
    double all = 0;
    double parts = 0;
    for (int c = 0; c < sums.length; c++) {
      all += sums[c];
      parts += energy(c);
    }
    double energy = sumOfSquares - all * all / Math.max(1, samples);
    return parts > 0 ? Math.max(0, energy) / parts : 1;
  }

  /** How many samples per channel have been taken. */
  public long samples() {
    return samples;
  }

  /** True if the sum of the channels loses most of what they contain. */
  public boolean cancel() {
    return sums.length > 1 && sumRatio() < CANCELLED;
  }

  /** The channel with the most energy, from 0; the first of equal ones. */
  public int loudest() {
    int loudest = 0;
    for (int c = 1; c < sums.length; c++) {
      if (energy(c) > energy(loudest) * (1 + 1e-9)) {
        loudest = c;
      }
    }
    return loudest;
  }

  private double energy(int c) {
    return Math.max(0, squares[c] - sums[c] * sums[c] / Math.max(1, samples));
  }
}
