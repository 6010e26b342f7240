package dev.riffle.jobs.health;

import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** Lines about a job that runs, but whose checkpoints do not complete. */
final class CommitHealth {
  private static final Duration LEAST = Duration.ofMinutes(1);

  private final HealthSettings settings;
  private final Lasting overdue;
  private Instant last = Instant.MIN;
  private long id;

  CommitHealth(HealthSettings settings) {
    this.settings = settings;
    Duration three = settings.checkpointInterval().multipliedBy(3);
    overdue = new Lasting(three.compareTo(LEAST) > 0 ? three : LEAST);
  }

  /**
   * Adds the lines.
   *
   * @param isExplained true if other lines say why nothing is committed
   */
  void update(Observation seen, boolean isExplained, List<String> lines) {
    long before = id;
    seen.job()
        .checkpoint()
        .filter(checkpoint -> checkpoint.id() > id)
        .ifPresent(
            checkpoint -> {
              id = checkpoint.id();
              last = checkpoint.at();
            });
    if (last.equals(Instant.MIN) || isExplained) {
      last = seen.at(); // the time in which a checkpoint can complete begins
    }
    if (id != before || isExplained) {
      if (overdue.ends() == Lasting.Change.ENDED && !isExplained) {
        lines.add(
            "checkpoint "
                + id
                + " is complete: what was computed since "
                + Wording.time(overdue.since(), settings.zone())
                + " is committed.");
      }
      return;
    }
    if (overdue.holds(seen.at(), last) != Lasting.Change.NOTHING) {
      lines.add(
          "no checkpoint has completed since "
              + Wording.time(overdue.since(), settings.zone())
              + ", so nothing was committed for "
              + Wording.between(overdue.since(), seen.at())
              + ". The log gives the reason; if the job is too slow, see docs/troubleshooting.md.");
    }
  }
}
