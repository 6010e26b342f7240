package dev.riffle.operators;

/**
 * Says whether waiting for a batch to fill can pay. It keeps a moving mean of the time between
 * events; if within the longest queue delay less than one further event is to be expected, waiting
 * would only cost time, and the event is computed at once. Silence counts as at most eight delays,
 * so that a burst after it is noticed within some twenty events.
 *
 * <p>It decides how events are batched, never what comes out.
 */
final class LoadEstimate {
  private static final double WEIGHT = 1.0 / 8;
  private static final double LONGEST_SILENCE = 8;

  private final double delayMillis;
  private double meanMillis;
  private long lastMillis;
  private boolean first = true;

  LoadEstimate(double delayMillis) {
    this.delayMillis = delayMillis;
    this.meanMillis = LONGEST_SILENCE * delayMillis;
  }

  /** Notes an event and tells whether another is to be expected within the delay. */
  boolean arrived(long nowMillis) {
    if (!first) {
      double silence = Math.min(nowMillis - lastMillis, LONGEST_SILENCE * delayMillis);
      meanMillis += WEIGHT * (silence - meanMillis);
    }
    first = false;
    lastMillis = nowMillis;
    return meanMillis < delayMillis;
  }
}
