package dev.riffle.jobs.registry;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * How long a client tries.
 *
 * @param timeout longest time of one request
 * @param total time after which no further try begins
 * @param firstPause between the first try and the second; each further pause is twice as long
 * @param clock that measures and waits
 */
public record Retries(Duration timeout, Duration total, Duration firstPause, Clock clock) {
  /** While a job runs. */
  public static final Retries RUNNING =
      new Retries(
          Duration.ofSeconds(5), Duration.ofSeconds(30), Duration.ofMillis(200), Clock.SYSTEM);

  /** Before a job starts: the user of the command waits for the result. */
  public static final Retries STARTING =
      new Retries(
          Duration.ofSeconds(5), Duration.ofSeconds(8), Duration.ofMillis(200), Clock.SYSTEM);

  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

  /** Measures time and waits. */
  public interface Clock {
    /** The clock of this machine. */
    Clock SYSTEM =
        new Clock() {
          @Override
          public long nanos() {
            return System.nanoTime();
          }

          @Override
          public void pause(Duration duration) throws InterruptedException {
            TimeUnit.NANOSECONDS.sleep(duration.toNanos());
          }
        };

    /** Now, in nanoseconds from any point in time. */
    long nanos();

    /** Waits. */
    void pause(Duration duration) throws InterruptedException;
  }

  /** The pause after another one. */
  static Duration next(Duration pause) {
    Duration twice = pause.multipliedBy(2);
    return twice.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : twice;
  }
}
