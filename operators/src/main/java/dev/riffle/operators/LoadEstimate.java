package dev.riffle.operators;

/**
 * Decides whether it pays to wait for a batch to fill.
 *
 * <p>The estimate is a moving average of the idle time between events. If less than one further
 * event is expected within the maximum queue delay, waiting only adds latency, and the event is
 * computed at once. Computing is not idle time: events that arrive meanwhile are queued when it
 * ends. So a slow model gets batches at a lower event rate. A pause counts as at most eight delays;
 * a burst after a pause is detected within about twenty events.
 *
 * <p>The estimate affects how events are batched, never what is predicted.
 */
final class LoadEstimate {
  private static final double WEIGHT = 1.0 / 8;
  private static final double LONGEST_PAUSE = 8;

  private final double delayMillis;
  private double meanMillis;
  private double lastMillis;
  private boolean first = true;

  LoadEstimate(double delayMillis) {
    this.delayMillis = delayMillis;
    this.meanMillis = LONGEST_PAUSE * delayMillis;
  }

  /**
   * Records an event.
   *
   * @param nowMillis the current time
   * @param busyMillis time spent computing so far
   * @return true if another event is expected within the delay
   */
  boolean arrived(long nowMillis, double busyMillis) {
    double idleMillis = nowMillis - busyMillis;
    if (!first) {
      double pause = Math.min(idleMillis - lastMillis, LONGEST_PAUSE * delayMillis);
      meanMillis += WEIGHT * (Math.max(0, pause) - meanMillis);
    }
    first = false;
    lastMillis = idleMillis;
    return meanMillis < delayMillis;
  }
}
