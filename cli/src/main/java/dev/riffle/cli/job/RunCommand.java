package dev.riffle.cli.job;

import dev.riffle.cli.shared.Failure;
import dev.riffle.cli.shared.Installation;
import dev.riffle.jobs.JobDefinition;
import dev.riffle.jobs.options.JobOptions;
import dev.riffle.jobs.options.OptionSet;
import dev.riffle.jobs.sequence.JobFile;
import dev.riffle.jobs.stream.KafkaOptions;
import dev.riffle.jobs.stream.ModelOptions;
import dev.riffle.jobs.stream.Topics;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** Runs a job in this JVM, on a broker that is already running. */
@Command(
    name = "run",
    abbreviateSynopsis = true,
    synopsisSubcommandLabel = "[JOB | JOB.yaml]",
    commandListHeading = "%nJobs:%n",
    description = {
      "Run a job in this JVM, on a Kafka broker that is already running.",
      "The job is one of those below or a YAML file (default: transcription)."
          + " ./riffle run JOB --help lists the options of a job.",
      "Options take precedence over a job file. Missing output topics are created; so is the input"
          + " topic, except for a job file.",
      "A line on standard error says when the job is not well, and when it is well again. Ctrl-C"
          + " commits what the job has computed, stops it, and says whether everything is"
          + " committed; a second Ctrl-C ends it at once. With --checkpoint-dir it also prints the"
          + " savepoint to resume from."
    },
    exitCodeList = {
      "0:the job has ended, or Ctrl-C stopped it and everything it computed is committed",
      "1:failure, or Ctrl-C stopped the job and not everything is committed",
      "2:usage error",
      "130:a second Ctrl-C ended the run at once"
    })
public final class RunCommand implements Callable<Integer> {
  private static final Duration BROKER_TIMEOUT = Duration.ofSeconds(8);

  @Spec CommandSpec spec;

  @Option(
      names = "--quiet",
      scope = ScopeType.INHERIT,
      description = "Print no lines about a job that is not well.")
  boolean quiet;

  @Parameters(paramLabel = "JOB.yaml", arity = "0..1", description = "A job file.")
  Path file;

  /** The command line of {@code run}. */
  public static void configure(CommandLine command) {
    JobCommands.addTo(command, RunNamedJob::new, job -> withModel(job, job.shippedModel()));
  }

  @Override
  public Integer call() throws InterruptedException {
    if (file == null) {
      return run(JobCommands.DEFAULT, spec);
    }
    JobFile job = JobFiles.read(spec, file, JobFlags.values(spec));
    job.checkModel();
    if (!job.isValid()) {
      JobFiles.print(job, spec.commandLine().getErr());
      return CommandLine.ExitCode.USAGE;
    }
    try {
      job.requireRegistry();
      job.topics().requireInput(job.options().get(KafkaOptions.BOOTSTRAP), BROKER_TIMEOUT);
    } catch (IllegalStateException e) {
      throw new Failure(e.getMessage(), e);
    }
    return new JobRun(job.onKafka(), job.topics(), output(spec)).call();
  }

  private static int run(JobDefinition<?> job, CommandSpec command) throws InterruptedException {
    Optional<String> shipped =
        job.shippedModel().map(model -> Installation.directory().resolve(model).toString());
    JobOptions options = JobFlags.read(command, withModel(job, shipped));
    JobFiles.checkRequired(command, options);
    LocalJob.checkModels(job, options);
    Topics topics = Topics.of(options);
    return new JobRun(job.onKafka(options, topics), topics, output(command)).call();
  }

  private static JobRun.Output output(CommandSpec command) {
    CommandLine line = command.commandLine();
    Boolean quiet = command.findOption("--quiet").getValue();
    return new JobRun.Output(line.getOut(), line.getErr(), quiet);
  }

  private static OptionSet withModel(JobDefinition<?> job, Optional<String> model) {
    return model
        .map(path -> job.options().withDefault(ModelOptions.MODEL, path))
        .orElseGet(job::options);
  }

  /** Runs a job that has a name. */
  @Command
  static final class RunNamedJob implements Callable<Integer> {
    private final JobDefinition<?> job;

    @Spec CommandSpec spec;

    RunNamedJob(JobDefinition<?> job) {
      this.job = job;
    }

    @Override
    public Integer call() throws InterruptedException {
      return run(job, spec);
    }
  }
}
