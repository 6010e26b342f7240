package dev.riffle.jobs.health;

import dev.riffle.schemas.Printable;
import java.time.Instant;
import java.time.ZoneId;
import java.util.Optional;

/**
 * The line with which a run ends: whether what the job computed is committed, and how to continue.
 *
 * @param zone of the times
 * @param keepsState true if checkpoints are kept after the run
 */
public record StopReport(ZoneId zone, boolean keepsState) {

  /**
   * Everything is committed.
   *
   * @param savepoint with which the job stopped
   */
  public String committed(Instant now, String savepoint) {
    return line(now, "stopped. Everything that was computed is committed.", Optional.of(savepoint));
  }

  /** The run ended before its job started. */
  public String notStarted(Instant now) {
    return Wording.time(now, zone) + " stopped before the job started: nothing was computed.";
  }

  /**
   * Something may not be committed.
   *
   * @param reason why the job could not commit it, as a clause
   * @param committed the last checkpoint whose records are known to be committed
   * @param resume the checkpoint from which the job can resume
   */
  public String notCommitted(
      Instant now, String reason, Optional<Checkpoint> committed, Optional<Checkpoint> resume) {
    String what =
        committed
            .map(last -> "What was computed since " + named(last) + " is NOT committed.")
            .orElse("What this run computed is NOT committed.");
    String text = "stopped, because " + reason + ". " + what;
    if (!keepsState || resume.isEmpty()) {
      return line(now, text + " The next run computes it again.", Optional.empty());
    }
    String again =
        committed.equals(resume)
            ? "computes it again"
            : "commits the output of " + named(resume.get()) + " and computes what follows again";
    return line(
        now, text, Optional.of(resume.get().path() + ", which " + again + ", exactly once."));
  }

  private String named(Checkpoint checkpoint) {
    return "checkpoint " + checkpoint.id() + " at " + Wording.time(checkpoint.at(), zone);
  }

  private String line(Instant now, String text, Optional<String> path) {
    String next =
        keepsState
            ? path.map(p -> " Resume with --from-savepoint " + p).orElse("")
            : " The state of open sequences is lost; set --checkpoint-dir to keep it.";
    return Printable.line(Wording.time(now, zone) + " " + text + next);
  }
}
