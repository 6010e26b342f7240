package dev.riffle.music.transcriber;

/**
 * Automatic gain control (docs/lru-transcriber.md, section 2): a leaky mean of the energy that
 * rises fast and falls slowly, and begins as a plain mean.
 */
final class RunningGain {
  private final TranscriberConfig.Gain constants;

  /** Leaky mean square of the frames that were not silent. */
  double level;

  /** Number of frames that were not silent. */
  long seen;

  RunningGain(TranscriberConfig.Gain constants) {
    this.constants = constants;
  }

  /** Gain of the frame whose newest hop is samples {@code from .. to - 1}. */
  float next(float[] samples, int from, int to) {
    double sum = 0;
    for (int i = from; i < to; i++) {
      sum += (double) samples[i] * samples[i];
    }
    double e = sum / (to - from);
    if (e > constants.silence()) {
      seen++;
      double a = Math.max(e > level ? constants.up() : constants.down(), 1.0 / seen);
      level += a * (e - level);
    }
    return now();
  }

  /** Gain at the present level. */
  float now() {
    return (float) (constants.target() / Math.sqrt(Math.max(level, constants.floor())));
  }
}
