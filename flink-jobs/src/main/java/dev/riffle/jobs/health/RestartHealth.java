package dev.riffle.jobs.health;

import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Lines about restarts of the job. */
final class RestartHealth {
  /** Time for which all tasks have to run before the job counts as running again. */
  static final Duration STABLE = Duration.ofSeconds(5);

  private final HealthSettings settings;
  private final Set<String> causes = new HashSet<>(); // reported since the job ran last
  private Instant newest = Instant.MIN; // time of the newest failure
  private int restarts;
  private Optional<Instant> failedSince = Optional.empty();
  private Optional<Instant> runsSince = Optional.empty();
  private Optional<Checkpoint> previous = Optional.empty(); // of the observation before
  private Instant reported = Instant.EPOCH;
  private int reportedRestarts;
  private int before; // restarts before the present failure

  RestartHealth(HealthSettings settings) {
    this.settings = settings;
  }

  /** True from a failure until the job runs again. */
  boolean isFailing() {
    return failedSince.isPresent();
  }

  /**
   * Adds the lines.
   *
   * @param brokerIsLost then failures are counted, and reported once with the return of the broker
   */
  void update(Observation seen, boolean brokerIsLost, List<String> lines) {
    for (JobFailure failure : seen.job().failures()) {
      if (failure.at().isAfter(newest)) {
        newest = failure.at();
        fails(failure, seen, brokerIsLost, lines);
      }
    }
    if (failedSince.isPresent()) {
      runs(seen, lines);
    }
    previous = seen.job().checkpoint();
  }

  private void fails(
      JobFailure failure, Observation seen, boolean brokerIsLost, List<String> lines) {
    restarts++;
    if (failedSince.isEmpty()) {
      failedSince = Optional.of(failure.at());
    }
    runsSince = Optional.empty();
    if (brokerIsLost) {
      return;
    }
    boolean isNew = causes.add(failure.cause());
    if (isNew) {
      lines.add("restart " + restarts + " after " + failure.cause() + ", " + from(failure, seen));
    } else if (!seen.at().isBefore(reported.plus(Lasting.REMINDER))) {
      lines.add(
          "restart "
              + restarts
              + ", "
              + (restarts - reportedRestarts)
              + " more since "
              + Wording.time(reported, settings.zone())
              + ", again after "
              + failure.cause()
              + ", "
              + from(failure, seen));
    } else {
      return;
    }
    reported = seen.at();
    reportedRestarts = restarts;
  }

  /** The last checkpoint before a failure: the newest one may be of the time after it. */
  private String from(JobFailure failure, Observation seen) {
    return Stream.concat(seen.job().checkpoint().stream(), previous.stream())
        .filter(checkpoint -> !checkpoint.at().isAfter(failure.at()))
        .findFirst()
        .map(
            last ->
                "from checkpoint "
                    + last.id()
                    + " ("
                    + Wording.between(last.at(), failure.at())
                    + " before).")
        .orElse("from the start of this run: it has no checkpoint yet.");
  }

  private void runs(Observation seen, List<String> lines) {
    if (!seen.job().running()) {
      runsSince = Optional.empty();
      return;
    }
    Instant since = runsSince.orElse(seen.at());
    runsSince = Optional.of(since);
    if (Duration.between(since, seen.at()).compareTo(STABLE) < 0) {
      return;
    }
    int failures = restarts - before;
    lines.add(
        "running again since "
            + Wording.time(since, settings.zone())
            + ", "
            + Wording.between(failedSince.orElseThrow(), since)
            + " after the failure"
            + (failures == 1 ? "." : "; it restarted " + failures + " times."));
    before = restarts;
    failedSince = Optional.empty();
    runsSince = Optional.empty();
    causes.clear();
  }
}
