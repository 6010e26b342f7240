package dev.riffle.jobs.health;

import java.time.Duration;
import java.time.Instant;

/**
 * A condition of the job that lasts: reported when it has lasted for a while, repeated at an
 * interval while it lasts, and reported when it has ended.
 */
final class Lasting {
  /** Interval at which a condition that lasts is reported again. */
  static final Duration REMINDER = Duration.ofMinutes(1);

  private final Duration patience;
  private Instant since = Instant.EPOCH;
  private Instant reported = Instant.EPOCH;
  private State state = State.ABSENT;

  /**
   * @param patience time for which the condition has to last before it is reported
   */
  Lasting(Duration patience) {
    this.patience = patience;
  }

  private enum State {
    ABSENT,
    NOTICED,
    REPORTED
  }

  /** What to report. */
  enum Change {
    NOTHING,
    BEGUN,
    LASTS,
    ENDED
  }

  /**
   * The condition holds.
   *
   * @param from time since which it holds, if this is the first call of its kind
   */
  Change holds(Instant now, Instant from) {
    if (state == State.ABSENT) {
      since = from;
      state = State.NOTICED;
    }
    if (state == State.NOTICED && !now.isBefore(since.plus(patience))) {
      reported = now;
      state = State.REPORTED;
      return Change.BEGUN;
    }
    if (state == State.REPORTED && !now.isBefore(reported.plus(REMINDER))) {
      reported = now;
      return Change.LASTS;
    }
    return Change.NOTHING;
  }

  /** The condition does not hold. */
  Change ends() {
    Change change = state == State.REPORTED ? Change.ENDED : Change.NOTHING;
    state = State.ABSENT;
    return change;
  }

  /** True while the condition is reported. */
  boolean isReported() {
    return state == State.REPORTED;
  }

  /** Time since which the condition holds or, after its end, since which it held. */
  Instant since() {
    return since;
  }
}
