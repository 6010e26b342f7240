package dev.riffle.music.transcriber;

/**
 * Decides whether a frame has tones (docs/lru-transcriber.md, section 8.2). The lines of a tone
 * stand out of the spectrum around them; those of noise do not, whatever its colour.
 *
 * <pre>
 *   E_k     = X_k^2
 *   floor_k = the larger geometric mean of E on either side of k, without the main lobe of the window
 *   weight  = min(1, (frequency / heard)^4)
 *   share   = sum of weight_k E_k with E_k > excess floor_k / sum of E_k     lowest <= frequency <= highest
 * </pre>
 *
 * <p>The weight lets neither hum nor the slow swings of room tone pass for music.
 *
 * <p>Immutable; a thread has a {@link Work}.
 */
final class ToneDetector {
  /** Bins from the middle of a line to the first that is not its own: the main lobe of Hann. */
  private static final int LOBE = 3;

  private static final double EPSILON = 1e-20;

  private final int first;
  private final int last;
  private final int around;
  private final double logExcess;
  private final double[] weight; // [bin of the FFT]

  /**
   * @param length of the window
   */
  ToneDetector(Conditioning.Gate gate, int length, int rate) {
    double hz = (double) rate / length;
    first = (int) Math.ceil(gate.lowest() / hz);
    last = Math.min(length / 2, (int) (gate.highest() / hz));
    around = Math.max(LOBE + 1, (int) Math.round(gate.around() / hz));
    logExcess = Math.log(gate.excess());
    weight = new double[last + 1];
    for (int k = 0; k <= last; k++) {
      weight[k] = Math.min(1, Math.pow(k * hz / gate.heard(), 4));
    }
  }

  /** Work memory of one thread. */
  static final class Work {
    private final double[] log;
    private final double[] sums; // of log, up to an index

    /**
     * @param longest length of a window
     */
    Work(int longest) {
      log = new double[longest / 2 + 1];
      sums = new double[longest / 2 + 2];
    }
  }

  /** Share of the energy that belongs to tones, 0 to 1. */
  double share(double[] magnitude, Work work) {
    int end = Math.min(magnitude.length - 1, last + around);
    for (int k = 0; k <= end; k++) {
      work.log[k] = Math.log(magnitude[k] * magnitude[k] + EPSILON);
      work.sums[k + 1] = work.sums[k] + work.log[k];
    }
    double all = 0;
    double tones = 0;
    for (int k = first; k <= last; k++) {
      double energy = magnitude[k] * magnitude[k];
      all += energy;
      double below = mean(work.sums, Math.max(0, k - around), k - LOBE);
      double above = mean(work.sums, k + LOBE, Math.min(end, k + around));
      if (work.log[k] > Math.max(below, above) + logExcess) {
        tones += weight[k] * energy;
      }
    }
    return all > 0 ? tones / all : 0;
  }

  /** Mean of the values from one index to another, both included. */
  private static double mean(double[] sums, int from, int to) {
    return to < from ? Double.NEGATIVE_INFINITY : (sums[to + 1] - sums[from]) / (to - from + 1);
  }
}
