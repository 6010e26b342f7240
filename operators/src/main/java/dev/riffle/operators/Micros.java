package dev.riffle.operators;

import java.time.Duration;

/** Arithmetic of capture times and durations, in microseconds, that never overflows. */
final class Micros {
  /** A deadline that is never reached. */
  static final long NEVER = Long.MAX_VALUE;

  private Micros() {}

  /** {@code a + b}, limited to the times before {@link #NEVER}. */
  static long plus(long a, long b) {
    long sum = a + b;
    boolean overflow = ((a ^ sum) & (b ^ sum)) < 0;
    return overflow ? (a < 0 ? Long.MIN_VALUE : NEVER - 1) : sum;
  }

  /** The duration in microseconds; {@link #NEVER} if it exceeds about 270 years. */
  static long of(Duration duration) {
    return duration.compareTo(Duration.ofDays(100_000)) > 0 ? NEVER : duration.toNanos() / 1000;
  }

  /** Duration of this many steps; 0 if the time between steps has no meaning. */
  static long ofSteps(long steps, int rate) {
    return rate <= 0 ? 0 : steps / rate * 1_000_000 + steps % rate * 1_000_000 / rate;
  }

  /** Capture time of the step that would follow the event. */
  static long endOf(StepEvent event) {
    return plus(event.captureMicros, ofSteps(event.steps(), event.format.rate()));
  }

  /** The event-time timer for a deadline, in milliseconds; {@link #NEVER} stays. */
  static long toTimer(long micros) {
    return micros == NEVER ? NEVER : Math.floorDiv(micros, 1000L);
  }
}
