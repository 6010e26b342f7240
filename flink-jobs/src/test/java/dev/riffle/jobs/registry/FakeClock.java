package dev.riffle.jobs.registry;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A clock that moves when a client waits, and records the waits. */
public final class FakeClock implements Retries.Clock {
  private final List<Duration> pauses = new ArrayList<>();
  private long nanos = -Duration.ofHours(1).toNanos(); // the origin is any point in time

  /** Retries without real waiting. */
  public Retries retries() {
    return retries(Duration.ofSeconds(20));
  }

  /** Retries without real waiting, except for this time for a request. */
  Retries retries(Duration timeout) {
    return new Retries(timeout, Duration.ofSeconds(30), Duration.ofMillis(200), this);
  }

  @Override
  public long nanos() {
    return nanos;
  }

  @Override
  public void pause(Duration duration) {
    pauses.add(duration);
    nanos += duration.toNanos();
  }

  /** Lets time pass. */
  public void advance(Duration duration) {
    nanos += duration.toNanos();
  }

  /** The pauses of retries, without the short ones that space requests. */
  public List<Duration> pauses() {
    return pauses.stream().filter(pause -> pause.compareTo(Duration.ofMillis(10)) > 0).toList();
  }

  /** All pauses. */
  public Duration waited() {
    return pauses.stream().reduce(Duration.ZERO, Duration::plus);
  }
}
