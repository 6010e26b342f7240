package dev.riffle.cli.job;

import dev.riffle.cli.shared.Failure;
import dev.riffle.cli.shared.LogFile;
import dev.riffle.cli.shared.ShutdownHook;
import dev.riffle.cli.shared.StopSignal;
import dev.riffle.jobs.health.HealthSettings;
import dev.riffle.jobs.health.HealthWatch;
import dev.riffle.jobs.health.StopReport;
import dev.riffle.jobs.options.JobOptions;
import dev.riffle.jobs.stream.FlinkOptions;
import dev.riffle.jobs.stream.KafkaOptions;
import dev.riffle.jobs.stream.StreamJob;
import dev.riffle.jobs.stream.Topics;
import dev.riffle.local.LocalCluster;
import dev.riffle.local.RunningJob;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.apache.flink.configuration.ExternalizedCheckpointRetention;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/** One run of a job in this JVM, until the job ends or Ctrl-C stops it. */
final class JobRun {
  private static final Duration TIMEOUT = Duration.ofSeconds(8);
  private static final long POLL_MILLIS = 200;
  private static final int ENDED_AT_ONCE = 130;

  private final StreamJob<?> job;
  private final Topics topics;
  private final Output output;
  private final StopReport report;
  private final LastLine last = new LastLine();
  private volatile Optional<JobStop> stop = Optional.empty();

  /**
   * Where a run writes.
   *
   * @param out gets what the job reads and writes
   * @param err gets a line whenever the job is not well, and one about what Ctrl-C committed
   * @param quiet true for no lines about a job that is not well
   */
  record Output(PrintWriter out, PrintWriter err, boolean quiet) {
    void error(String line) {
      err.println(line);
      err.flush();
    }
  }

  /**
   * @param job to run
   * @param topics of the job; missing ones are created
   */
  JobRun(StreamJob<?> job, Topics topics, Output output) {
    this.job = job;
    this.topics = topics;
    this.output = output;
    report =
        new StopReport(
            ZoneId.systemDefault(),
            job.options().optional(FlinkOptions.CHECKPOINT_DIR).isPresent());
  }

  /** Runs the job; the exit code. */
  int call() throws InterruptedException {
    JobOptions options = job.options();
    ShutdownHook.Registration hook =
        ShutdownHook.awaitOnCtrlC(JobStop.LIMIT.plus(TIMEOUT), "the job did not stop in time");
    try (StopSignal signal = StopSignal.listen(this::endAtOnce)) {
      topics.create(options.get(KafkaOptions.BOOTSTRAP), 1, TIMEOUT);
      try (LocalCluster cluster = LocalCluster.start(options.get(FlinkOptions.PARALLELISM))) {
        if (signal.asked()) {
          last.print(output.err(), () -> report.notStarted(Instant.now()));
          return 0;
        }
        return run(cluster, signal);
      }
    } catch (IllegalStateException e) {
      throw new Failure(e.getMessage(), e);
    } finally {
      hook.close();
    }
  }

  private int run(LocalCluster cluster, StopSignal signal) throws InterruptedException {
    StreamExecutionEnvironment environment = job.environment();
    if (report.keepsState()) {
      environment
          .getCheckpointConfig()
          .setExternalizedCheckpointRetention(
              ExternalizedCheckpointRetention.RETAIN_ON_CANCELLATION);
    }
    RunningJob running = cluster.submit(environment);
    try (HealthWatch watch = watch(cluster, running)) {
      JobStop stopping = new JobStop(cluster, running, watch, report, output, last);
      stop = Optional.of(stopping);
      printStart(cluster, running);
      while (!signal.asked() && !running.result().isDone()) {
        TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
      }
      if (signal.asked()) {
        return stopping.stop(job.options().optional(FlinkOptions.CHECKPOINT_DIR));
      }
      try {
        running.awaitEnd(TIMEOUT);
      } catch (IllegalStateException e) {
        stopping.printNotCommitted("it failed");
        throw e;
      }
      stopping.finished();
      return 0;
    }
  }

  private HealthWatch watch(LocalCluster cluster, RunningJob running) {
    JobOptions options = job.options();
    HealthWatch.Target target =
        new HealthWatch.Target(
            cluster.rest(),
            running.id().toString(),
            options.get(KafkaOptions.GROUP_ID),
            topics.in());
    return HealthWatch.start(
        target,
        HealthSettings.of(options, report.zone()),
        line -> {
          if (!output.quiet()) {
            output.error(line);
          }
        });
  }

  private void printStart(LocalCluster cluster, RunningJob running) {
    JobOptions options = job.options();
    PrintWriter out = output.out();
    out.println(
        "Job "
            + running.id()
            + " reads "
            + topics.in()
            + " at "
            + options.get(KafkaOptions.BOOTSTRAP)
            + " and writes "
            + (options.get(KafkaOptions.PREVIEW) ? topics.preview() + ", " : "")
            + topics.finals()
            + ", "
            + topics.sessions()
            + " and "
            + topics.deadLetters()
            + ".");
    out.println("Flink's web interface: " + cluster.rest() + ". Press Ctrl-C to stop.");
    LogFile.path().ifPresent(log -> out.println("The log of Flink and Kafka is " + log + "."));
    out.flush();
  }

  /** The second Ctrl-C. Hooks of the JVM would wait for the job. */
  private void endAtOnce() {
    stop.ifPresentOrElse(
        stopping -> {
          stopping.printNotCommitted("Ctrl-C was pressed again");
          stopping.abandon();
        },
        () -> last.print(output.err(), () -> report.notStarted(Instant.now())));
    Runtime.getRuntime().halt(ENDED_AT_ONCE);
  }
}
