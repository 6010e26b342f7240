package dev.riffle.cli.job;

import dev.riffle.jobs.health.HealthWatch;
import dev.riffle.jobs.health.StopReport;
import dev.riffle.local.LocalCluster;
import dev.riffle.local.RunningJob;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Stops a job after Ctrl-C: commits what it computed if that is possible within a time, and says in
 * either case whether it is committed.
 */
final class JobStop {
  /** Longest time for which the job may try to commit. */
  static final Duration LIMIT = Duration.ofSeconds(30);

  private static final long POLL_MILLIS = 100;
  private static final long RETRY_MILLIS = 500;
  private static final int NOT_COMMITTED = 1;

  private final LocalCluster cluster;
  private final RunningJob job;
  private final HealthWatch watch;
  private final StopReport report;
  private final JobRun.Output output;
  private final LastLine last;

  JobStop(
      LocalCluster cluster,
      RunningJob job,
      HealthWatch watch,
      StopReport report,
      JobRun.Output output,
      LastLine last) {
    this.cluster = cluster;
    this.job = job;
    this.watch = watch;
    this.report = report;
    this.output = output;
    this.last = last;
  }

  /**
   * Stops the job.
   *
   * @param directory for the savepoint; empty for that of the cluster
   * @return exit code: 0 if everything is committed
   */
  int stop(Optional<String> directory) throws InterruptedException {
    output.error(
        "Stopping: the job commits what it has computed, within "
            + LIMIT.toSeconds()
            + " s. Press Ctrl-C again to end at once.");
    long deadline = System.nanoTime() + LIMIT.toNanos();
    CompletableFuture<String> attempt = job.tryStop(directory);
    while (true) {
      boolean brokerIsLost = watch.isBrokerLost();
      boolean late = System.nanoTime() >= deadline;
      if (attempt.isDone()) {
        if (!attempt.isCompletedExceptionally()) {
          String savepoint = attempt.join();
          last.print(output.err(), () -> report.committed(Instant.now(), savepoint));
          return 0;
        }
        if (job.hasFinished()) { // it is bounded, and ended before it could stop
          finished();
          return 0;
        }
        if (job.result().isDone()) {
          return giveUp("the job has ended without it");
        }
      }
      if (brokerIsLost) {
        return giveUp("no broker answers");
      }
      if (late) {
        return giveUp("the job could not commit within " + LIMIT.toSeconds() + " s");
      }
      if (attempt.isDone()) {
        // Tasks do not run yet, or fail just now: they may run before the deadline.
        TimeUnit.MILLISECONDS.sleep(RETRY_MILLIS);
        attempt = job.tryStop(directory);
      }
      TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
    }
  }

  /** Says that a bounded job has ended. */
  void finished() {
    last.print(output.out(), () -> "The job has processed all records and finished.");
  }

  private int giveUp(String reason) {
    printNotCommitted(reason);
    abandon();
    return NOT_COMMITTED;
  }

  /** Says what is not committed. */
  void printNotCommitted(String reason) {
    last.print(output.err(), () -> notCommitted(reason));
  }

  private String notCommitted(String reason) {
    return report.notCommitted(Instant.now(), reason, watch.confirmed(), watch.latest());
  }

  /** Lets the cluster go without waiting for tasks that hang. */
  void abandon() {
    cluster.abandon();
  }
}
