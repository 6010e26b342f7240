package dev.riffle.cli.job;

import dev.riffle.cli.shared.Failure;
import dev.riffle.cli.shared.LogFile;
import dev.riffle.cli.shared.ShutdownHook;
import dev.riffle.jobs.options.JobOptions;
import dev.riffle.jobs.stream.FlinkOptions;
import dev.riffle.jobs.stream.KafkaOptions;
import dev.riffle.jobs.stream.StreamJob;
import dev.riffle.jobs.stream.Topics;
import dev.riffle.local.LocalCluster;
import dev.riffle.local.RunningJob;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * One run of a job in this JVM, until the job ends or Ctrl-C stops it.
 *
 * @param job to run
 * @param topics of the job; missing ones are created
 * @param out gets messages
 */
record JobRun(StreamJob<?> job, Topics topics, PrintWriter out) {
  private static final Duration TIMEOUT = Duration.ofSeconds(8);
  private static final long POLL_MILLIS = 500;
  private static final Duration STOP_LIMIT = Duration.ofSeconds(30);

  int call() throws InterruptedException {
    JobOptions options = job.options();
    topics.create(options.get(KafkaOptions.BOOTSTRAP), 1, TIMEOUT);
    ShutdownHook.Registration ctrlC =
        ShutdownHook.awaitOnCtrlC(
            STOP_LIMIT, "the job did not stop within " + STOP_LIMIT.toSeconds() + " s");
    try (LocalCluster cluster = LocalCluster.start(options.get(FlinkOptions.PARALLELISM))) {
      RunningJob running = cluster.submit(job.environment());
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
      while (!ShutdownHook.asked() && !running.result().isDone()) {
        TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
      }
      if (ShutdownHook.asked()) {
        stop(running);
      } else {
        running.awaitEnd(TIMEOUT);
        out.println("The job has processed all records and finished.");
      }
      out.flush();
      return 0;
    } catch (IllegalStateException e) {
      throw new Failure(e.getMessage(), e);
    } finally {
      ctrlC.close();
    }
  }

  private void stop(RunningJob running) {
    Optional<String> directory = job.options().optional(FlinkOptions.CHECKPOINT_DIR);
    String savepoint =
        directory.isPresent()
            ? running.stopWithSavepoint(directory.get())
            : running.stopWithSavepoint();
    out.println(
        directory.isEmpty()
            ? "Committed and stopped. The state of open sequences is lost; set --checkpoint-dir to"
                + " keep it."
            : "Committed and stopped. Resume with --from-savepoint " + savepoint);
  }
}
