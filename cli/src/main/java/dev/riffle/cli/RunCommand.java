package dev.riffle.cli;

import dev.riffle.jobs.JobOptions;
import dev.riffle.jobs.Topics;
import dev.riffle.jobs.local.LocalCluster;
import dev.riffle.jobs.local.RunningJob;
import dev.riffle.jobs.transcription.TranscriptionJob;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The job in this JVM, against a broker that runs. */
@Command(
    name = "run",
    abbreviateSynopsis = true,
    description = {
      "Runs the transcription job in this JVM, between the topics of a broker that runs already.",
      "Topics that are missing are created. Ctrl-C commits what is known and ends; with"
          + " --checkpoint-dir it also says where to go on from."
    })
final class RunCommand implements Callable<Integer> {
  private static final Duration PATIENCE = Duration.ofSeconds(8);
  private static final long LOOK_MILLIS = 500;

  @Spec CommandSpec spec;

  @Option(
      names = "--model",
      paramLabel = "DIR",
      description = "Version directory of the model (default: the shipped lru-transcriber/1).")
  String model;

  @Override
  public Integer call() throws InterruptedException {
    JobOptions options = JobFlags.given(spec);
    if (model == null) {
      options = options.with(JobOptions.MODEL, Home.transcriber().toString());
    }
    LocalTranscription.checkModel(options);
    PrintWriter out = spec.commandLine().getOut();
    Topics topics = options.topics();
    topics.create(options.get(JobOptions.BOOTSTRAP), 1, PATIENCE);
    CountDownLatch done = new CountDownLatch(1);
    Stopping.Registration ctrlC = Stopping.onCtrlC(() -> await(done));
    try (LocalCluster cluster = LocalCluster.start(options.get(JobOptions.PARALLELISM))) {
      RunningJob job = cluster.submit(TranscriptionJob.onKafka(options).environment());
      out.println(
          "Job "
              + job.id()
              + " listens to "
              + topics.in()
              + " at "
              + options.get(JobOptions.BOOTSTRAP)
              + " and writes to "
              + topics.preview()
              + ", "
              + topics.finals()
              + ", "
              + topics.sessions()
              + " and "
              + topics.deadLetters()
              + ".");
      out.println("Flink is at " + cluster.rest() + ". Ctrl-C ends.");
      out.flush();
      while (!Stopping.asked() && !job.result().isDone()) {
        done.await(LOOK_MILLIS, TimeUnit.MILLISECONDS);
      }
      if (Stopping.asked()) {
        stop(job, options, out);
      } else {
        job.awaitEnd(PATIENCE);
        out.println("The job has read everything and ended.");
      }
      out.flush();
      return 0;
    } catch (IllegalStateException e) {
      throw new Failure(e.getMessage(), e);
    } finally {
      ctrlC.close();
      done.countDown();
    }
  }

  private static void stop(RunningJob job, JobOptions options, PrintWriter out) {
    String directory = options.optional(JobOptions.CHECKPOINT_DIR).orElse(null);
    String savepoint = job.stopWithSavepoint(directory);
    out.println(
        directory == null
            ? "Committed and ended. Open sequences are lost with this JVM; keep them by"
                + " --checkpoint-dir."
            : "Committed and ended. Go on with --from-savepoint " + savepoint);
  }

  private static void await(CountDownLatch done) {
    try {
      if (!done.await(30, TimeUnit.SECONDS)) {
        System.err.println("riffle: the job did not end within 30 s");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
