package dev.riffle.operators;

/**
 * Says whether waiting for a batch to fill can pay. It keeps a moving mean of the time that passes
 * idly between events; if within the longest queue delay less than one further event is to be
 * expected, waiting would only cost time, and the event is computed at once. Time spent computing
 * is not idle: events that come meanwhile are there when it ends, so the slower the model, the
 * sooner batches form. Silence counts as at most eight delays, so that a burst after it is noticed
 * within some twenty events.
 *
 * <p>It decides how events are batched, never what comes out.
 */
final class LoadEstimate {
  private static final double WEIGHT = 1.0 / 8;
  private static final double LONGEST_SILENCE = 8;

  private final double delayMillis;
  private double meanMillis;
  private double lastMillis;
  private boolean first = true;

  LoadEstimate(double delayMillis) {
    this.delayMillis = delayMillis;
    this.meanMillis = LONGEST_SILENCE * delayMillis;
  }

  /**
   * Notes an event and tells whether another is to be expected within the delay.
   *
   * @param nowMillis the time
   * @param busyMillis time spent computing so far
   */
  boolean arrived(long nowMillis, double busyMillis) {
    double idleMillis = nowMillis - busyMillis;
    if (!first) {
      double silence = Math.min(idleMillis - lastMillis, LONGEST_SILENCE * delayMillis);
      meanMillis += WEIGHT * (Math.max(0, silence) - meanMillis);
    }
    first = false;
    lastMillis = idleMillis;
    return meanMillis < delayMillis;
  }
}
