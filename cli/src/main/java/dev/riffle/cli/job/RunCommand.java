package dev.riffle.cli.job;

import dev.riffle.cli.shared.Failure;
import dev.riffle.cli.shared.ShutdownHook;
import dev.riffle.jobs.JobOptions;
import dev.riffle.jobs.Topics;
import dev.riffle.jobs.sequence.JobFile;
import dev.riffle.jobs.sequence.SequenceJob;
import dev.riffle.jobs.stream.StreamJob;
import dev.riffle.local.LocalCluster;
import dev.riffle.local.RunningJob;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The job in this JVM, against a broker that runs. */
@Command(
    name = "run",
    abbreviateSynopsis = true,
    description = {
      "Runs a job in this JVM, between the topics of a broker that runs already: the transcription"
          + " of sound, the annotation of DNA, read-until (which needs --targets), or that of a YAML"
          + " file.",
      "Output topics that are missing are created, for a job that has a name the input topic, too."
          + " Options go before what a file says. Ctrl-C commits what is known and ends; with"
          + " --checkpoint-dir it also says where to go on from."
    })
public final class RunCommand implements Callable<Integer> {
  private static final Duration PATIENCE = Duration.ofSeconds(8);
  private static final long LOOK_MILLIS = 500;

  @Spec CommandSpec spec;

  @Parameters(
      paramLabel = "JOB",
      arity = "0..1",
      defaultValue = "transcription",
      description =
          "transcription, annotation, read-until, or a file JOB.yaml (default: ${DEFAULT-VALUE}).")
  String name;

  @Option(
      names = "--model",
      paramLabel = "DIR",
      description = "Version directory of the model (default: the shipped one of the job).")
  String model;

  @Override
  public Integer call() throws InterruptedException {
    JobOptions options = JobFlags.given(spec);
    NamedJob named = NamedJob.of(name);
    if (named == null) {
      JobFile job = JobFiles.read(spec, Path.of(name), JobFlags.values(spec));
      job.checkModel();
      if (!job.mistakes().isEmpty()) {
        JobFiles.print(job, spec.commandLine().getErr());
        return CommandLine.ExitCode.USAGE;
      }
      String bootstrap = job.options().get(JobOptions.BOOTSTRAP);
      try {
        job.topics().requireInput(bootstrap, PATIENCE);
      } catch (IllegalStateException e) {
        throw new Failure(e.getMessage(), e);
      }
      return run(SequenceJob.onKafka(job), job.topics());
    }
    options = named.withModel(named.withDefaults(options));
    LocalJob.checkModel(options);
    return run(named.onKafka(options), options.topics());
  }

  private int run(StreamJob<?> wanted, Topics topics) throws InterruptedException {
    JobOptions options = wanted.options();
    PrintWriter out = spec.commandLine().getOut();
    topics.create(options.get(JobOptions.BOOTSTRAP), 1, PATIENCE);
    CountDownLatch done = new CountDownLatch(1);
    ShutdownHook.Registration ctrlC = ShutdownHook.onCtrlC(() -> await(done));
    try (LocalCluster cluster = LocalCluster.start(options.get(JobOptions.PARALLELISM))) {
      RunningJob job = cluster.submit(wanted.environment());
      out.println(
          "Job "
              + job.id()
              + " listens to "
              + topics.in()
              + " at "
              + options.get(JobOptions.BOOTSTRAP)
              + " and writes to "
              + (options.get(JobOptions.PREVIEW) ? topics.preview() + ", " : "")
              + topics.finals()
              + ", "
              + topics.sessions()
              + " and "
              + topics.deadLetters()
              + ".");
      out.println("Flink is at " + cluster.rest() + ". Ctrl-C ends.");
      out.flush();
      while (!ShutdownHook.asked() && !job.result().isDone()) {
        done.await(LOOK_MILLIS, TimeUnit.MILLISECONDS);
      }
      if (ShutdownHook.asked()) {
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
    Optional<String> directory = options.optional(JobOptions.CHECKPOINT_DIR);
    String savepoint =
        directory.isPresent() ? job.stopWithSavepoint(directory.get()) : job.stopWithSavepoint();
    out.println(
        directory.isEmpty()
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
