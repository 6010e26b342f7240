package dev.riffle.music.transcriber;

/**
 * Layout of a frame as the second pass stores it:
 *
 * <pre>
 *   spectrum of the short window  [bins]
 *   spectrum of the long window   [bins]
 *   first pass                    [pitches, 3]   {@link NoteProbabilities}
 *   revised onset probabilities   [pitches]
 * </pre>
 *
 * @param bins number of bins of each spectrum
 */
record FrameLayout(int bins, int pitches) {
  /** Spectra of a frame. */
  static final int SPECTRA = 2;

  /** Number of values of both spectra. */
  int features() {
    return SPECTRA * bins;
  }

  /** Number of values that the first pass predicts. */
  int probabilities() {
    return NoteProbabilities.PER_PITCH * pitches;
  }

  int shortSpectrum(int bin) {
    return bin;
  }

  int longSpectrum(int bin) {
    return bins + bin;
  }

  int onset(int pitch) {
    return features() + NoteProbabilities.onset(pitch);
  }

  int frame(int pitch) {
    return features() + NoteProbabilities.frame(pitch);
  }

  int velocity(int pitch) {
    return features() + NoteProbabilities.velocity(pitch);
  }

  int revisedOnset(int pitch) {
    return features() + probabilities() + pitch;
  }

  /** Number of values of a frame. */
  int width() {
    return features() + probabilities() + pitches;
  }
}
