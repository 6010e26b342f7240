package dev.riffle.jobs.health;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;

/**
 * The lag of a job and its trend. Offsets are committed with checkpoints, so the lag between two
 * commits grows in every job: it is measured right after a commit, or if a commit is overdue.
 */
final class LagMeter {
  private static final Duration LEAST_WINDOW = Duration.ofSeconds(20);
  private static final double CHANGE = 0.05; // part by which a lag that grows or shrinks changes

  private final Duration window;
  private final Duration overdue;
  private final Deque<Sample> samples = new ArrayDeque<>();
  private Instant committed = Instant.MIN; // time of the newest commit

  LagMeter(Duration checkpointInterval) {
    Duration four = checkpointInterval.multipliedBy(4);
    window = four.compareTo(LEAST_WINDOW) > 0 ? four : LEAST_WINDOW;
    overdue = checkpointInterval.multipliedBy(2).plusSeconds(3);
  }

  private record Sample(Instant at, Offsets offsets) {}

  /** Whether a lag changes. */
  enum Trend {
    GROWING,
    STEADY,
    SHRINKING
  }

  /**
   * A lag.
   *
   * @param records that are not committed
   * @param work time that the job needs for them at its present speed; empty if it commits nothing
   * @param trend over the window
   */
  record Lag(long records, Optional<Duration> work, Trend trend) {}

  /** Takes the offsets at a time. */
  void add(Instant at, Offsets offsets) {
    boolean advanced =
        samples.isEmpty() || offsets.committed() != samples.getLast().offsets().committed();
    if (advanced || committed.equals(Instant.MIN)) {
      committed = at;
    }
    if (advanced || offsets.behind() == 0 || !at.isBefore(committed.plus(overdue))) {
      samples.addLast(new Sample(at, offsets));
    }
    // keeps one sample that is older than the window
    while (samples.size() > 2 && secondIsOld(at)) {
      samples.removeFirst();
    }
  }

  private boolean secondIsOld(Instant at) {
    Sample first = samples.removeFirst();
    boolean old = !samples.getFirst().at().isAfter(at.minus(window));
    samples.addFirst(first);
    return old;
  }

  /** Forgets all samples, as after a time in which the job could not work. */
  void clear() {
    samples.clear();
    committed = Instant.MIN;
  }

  /** The lag, once the samples span the window. */
  Optional<Lag> lag() {
    if (samples.size() < 2) {
      return Optional.empty();
    }
    Sample first = samples.getFirst();
    Sample last = samples.getLast();
    Duration span = Duration.between(first.at(), last.at());
    if (span.compareTo(window) < 0) {
      return Optional.empty();
    }
    long records = last.offsets().behind();
    // speed = records committed / time
    double speed =
        (last.offsets().committed() - first.offsets().committed()) / (span.toMillis() / 1000.0);
    Optional<Duration> work =
        speed > 0
            ? Optional.of(Duration.ofMillis((long) Math.min(1e15, 1000 * records / speed)))
            : Optional.empty();
    return Optional.of(new Lag(records, work, trend(first.offsets().behind(), records)));
  }

  private static Trend trend(long before, long now) {
    if (now > before * (1 + CHANGE)) {
      return Trend.GROWING;
    }
    return now < before * (1 - CHANGE) ? Trend.SHRINKING : Trend.STEADY;
  }
}
