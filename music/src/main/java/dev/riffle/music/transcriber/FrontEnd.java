package dev.riffle.music.transcriber;

import dev.riffle.models.weights.Weights;
import dev.riffle.music.signal.RealFft;
import java.util.Arrays;
import java.util.List;

/**
 * Computes log-frequency log-magnitudes from samples (docs/lru-transcriber.md, section 3).
 *
 * <pre>
 *   X = |FFT(samples (.) window)|                     one per window length, same end
 *   m_b = sum over k of X_k bank_(k,b)
 *   f_b = (ln(m_b gain + epsilon) + shift) / scale
 * </pre>
 *
 * <p>Immutable; a thread has a {@link Work}.
 */
final class FrontEnd {
  private final TranscriberConfig config;
  private final double[][] windows; // [window][samples]
  private final int[][] first; // [window][bin] first FFT bin with a weight
  private final double[][][] weights; // [window][bin] the nonzero weights from there on
  private final List<ToneDetector> detectors; // [window], or none
  private final double leastShare;

  FrontEnd(TranscriberConfig config, Weights file) {
    this.config = config;
    int[] lengths = config.audio().windows();
    int bins = config.spectrum().count();
    windows = new double[lengths.length][];
    first = new int[lengths.length][];
    weights = new double[lengths.length][][];
    for (int w = 0; w < lengths.length; w++) {
      windows[w] = file.require("frontend.window_" + lengths[w], lengths[w]);
      int lines = lengths[w] / 2 + 1;
      double[] bank = file.require("frontend.bank_" + lengths[w], lines, bins);
      first[w] = new int[bins];
      weights[w] = new double[bins][];
      for (int b = 0; b < bins; b++) {
        storeNonzero(bank, lines, w, b);
      }
    }
    detectors =
        config.conditioning().stream()
            .flatMap(
                c ->
                    Arrays.stream(lengths)
                        .mapToObj(n -> new ToneDetector(c.gate(), n, config.audio().rate())))
            .toList();
    leastShare = config.conditioning().map(c -> c.gate().share()).orElse(0.0);
  }

  /** Stores the weights of a bin without the zeros on either side. */
  private void storeNonzero(double[] bank, int lines, int w, int b) {
    int bins = config.spectrum().count();
    int begin = 0;
    while (begin < lines && bank[begin * bins + b] == 0) {
      begin++;
    }
    int end = lines;
    while (end > begin && bank[(end - 1) * bins + b] == 0) {
      end--;
    }
    first[w][b] = begin;
    weights[w][b] = new double[end - begin];
    for (int k = begin; k < end; k++) {
      weights[w][b][k - begin] = bank[k * bins + b];
    }
  }

  /** Number of features of a frame, {@code [windows, bins]}. */
  int width() {
    return windows.length * config.spectrum().count();
  }

  /** Index of a feature in a frame. */
  private int feature(int window, int bin) {
    return window * config.spectrum().count() + bin;
  }

  /** Work memory of one thread. */
  static final class Work {
    private final RealFft[] transforms;
    private final double[] samples;
    private final double[][] magnitude; // [window][bin of the FFT]
    private final double[] im;
    private final ToneDetector.Work tones;

    Work(TranscriberConfig config) {
      int[] lengths = config.audio().windows();
      transforms = new RealFft[lengths.length];
      magnitude = new double[lengths.length][];
      for (int w = 0; w < lengths.length; w++) {
        transforms[w] = new RealFft(lengths[w]);
        magnitude[w] = new double[lengths[w] / 2 + 1];
      }
      int longest = config.audio().longestWindow();
      samples = new double[longest];
      im = new double[longest / 2 + 1];
      tones = new ToneDetector.Work(longest);
    }
  }

  /**
   * Computes the spectra of the frame that ends with the last of these samples.
   *
   * @param samples {@code [longest window]}
   */
  void spectra(float[] samples, Work work) {
    for (int w = 0; w < windows.length; w++) {
      double[] window = windows[w];
      int start = samples.length - window.length;
      for (int i = 0; i < window.length; i++) {
        work.samples[i] = samples[start + i] * window[i];
      }
      double[] re = work.magnitude[w];
      work.transforms[w].transform(work.samples, re, work.im);
      for (int k = 0; k <= window.length / 2; k++) {
        re[k] = Math.sqrt(re[k] * re[k] + work.im[k] * work.im[k]);
      }
    }
  }

  /** True if the spectra have tones; without conditioning, always. */
  boolean hasTones(Work work) {
    for (int w = 0; w < detectors.size(); w++) {
      if (detectors.get(w).share(work.magnitude[w], work.tones) >= leastShare) {
        return true;
      }
    }
    return detectors.isEmpty();
  }

  /**
   * Computes the features of the frame whose spectra were computed last.
   *
   * @param gain of the frame
   * @param features receives {@code [windows, bins]} from {@code offset} on
   */
  void features(float gain, float[] features, int offset, Work work) {
    TranscriberConfig.Bins bins = config.spectrum();
    for (int w = 0; w < windows.length; w++) {
      double[] magnitude = work.magnitude[w];
      for (int b = 0; b < bins.count(); b++) {
        double[] run = weights[w][b];
        int from = first[w][b];
        double m = 0;
        for (int k = 0; k < run.length; k++) {
          m += run[k] * magnitude[from + k];
        }
        double f = (Math.log(m * gain + bins.epsilon()) + bins.shift()) / bins.scale();
        features[offset + feature(w, b)] = (float) f;
      }
    }
  }
}
