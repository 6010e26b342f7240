package dev.riffle.cli.job;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.riffle.cli.shared.Failure;
import dev.riffle.cli.shared.Installation;
import dev.riffle.jobs.JobDefinition;
import dev.riffle.jobs.cluster.JobManager;
import dev.riffle.jobs.options.JobOptions;
import dev.riffle.jobs.sequence.JobFile;
import dev.riffle.jobs.sequence.SequenceJob;
import dev.riffle.jobs.stream.FlinkOptions;
import dev.riffle.schemas.Printable;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** Submits a job to a Flink cluster. */
@Command(
    name = "submit",
    abbreviateSynopsis = true,
    synopsisSubcommandLabel = "[JOB | JOB.yaml]",
    commandListHeading = "%nJobs:%n",
    description = {
      "Submit a job to a Flink cluster and print its id.",
      "The job is one of those below or a YAML file (default: transcription)."
          + " ./riffle submit JOB --help lists the options of a job.",
      "The command uploads the job jar and the text of the job file through the REST interface of"
          + " the JobManager. Paths, such as --model, are paths on the cluster. If this machine has"
          + " the model, the command checks a job file against it first."
    })
public final class SubmitCommand implements Callable<Integer> {
  @Spec CommandSpec spec;

  @Parameters(paramLabel = "JOB.yaml", arity = "0..1", description = "A job file.")
  Path file;

  @Option(
      names = "--jobmanager",
      paramLabel = "URL",
      required = true,
      scope = ScopeType.INHERIT,
      description = "REST address of the JobManager, such as http://127.0.0.1:8081.")
  URI jobManager;

  @Option(
      names = "--jar",
      paramLabel = "FILE",
      scope = ScopeType.INHERIT,
      description = "Job jar (default: the one built in flink-jobs/target).")
  Path jar;

  @Option(names = "--json", scope = ScopeType.INHERIT, description = "Print {job_id, jobmanager}.")
  boolean json;

  /** The command line of {@code submit}. */
  public static void configure(CommandLine command) {
    JobCommands.addTo(command, SubmitNamedJob::new, JobDefinition::options);
  }

  @Override
  public Integer call() throws InterruptedException {
    if (file == null) {
      return submit(JobCommands.DEFAULT, spec);
    }
    JobFile job = JobFiles.read(spec, file, JobFlags.values(spec));
    if (job.hasModel()) {
      job.checkModel();
    }
    if (!job.isValid()) {
      JobFiles.print(job, spec.commandLine().getErr());
      return CommandLine.ExitCode.USAGE;
    }
    return submit(SequenceJob.class, job.arguments(), job.options());
  }

  private int submit(JobDefinition<?> job, CommandSpec command) throws InterruptedException {
    JobOptions options = JobFlags.read(command, job.options());
    JobFiles.checkRequired(command, options);
    return submit(job.getClass(), options.arguments(), options);
  }

  private int submit(Class<?> entry, List<String> arguments, JobOptions options)
      throws InterruptedException {
    Path job = jar != null ? jar : builtJar();
    if (!Files.isRegularFile(job)) {
      throw new Failure("The job jar " + job + " does not exist.");
    }
    String id;
    try {
      JobManager manager = new JobManager(jobManager);
      id =
          manager.run(
              manager.upload(job),
              new JobManager.Run(
                  Optional.of(entry.getName()),
                  arguments,
                  Optional.of(options.get(FlinkOptions.PARALLELISM)),
                  options.optional(FlinkOptions.FROM_SAVEPOINT)));
    } catch (IOException e) {
      throw new Failure(e.getMessage(), e);
    }
    PrintWriter out = spec.commandLine().getOut();
    String address = Printable.url(jobManager.toString());
    out.println(
        json
            ? new ObjectMapper()
                .createObjectNode()
                .put("job_id", id)
                .put("jobmanager", address)
                .toString()
            : "Submitted job " + id + " to " + address + ".");
    out.flush();
    return 0;
  }

  private static Path builtJar() {
    Path target = Installation.directory().resolve("flink-jobs/target");
    if (Files.isDirectory(target)) {
      try (Stream<Path> files = Files.list(target)) {
        var found =
            files.filter(f -> f.getFileName().toString().endsWith("riffle-job.jar")).findFirst();
        if (found.isPresent()) {
          return found.get();
        }
      } catch (IOException e) {
        throw new Failure(target + " cannot be listed: " + e.getMessage(), e);
      }
    }
    throw new Failure(
        "Found no job jar in "
            + target
            + ". Build it with mvn -DskipTests package, or pass one with --jar.");
  }

  /** Submits a job that has a name. */
  @Command
  static final class SubmitNamedJob implements Callable<Integer> {
    private final JobDefinition<?> job;

    @Spec CommandSpec spec;
    @ParentCommand SubmitCommand parent;

    SubmitNamedJob(JobDefinition<?> job) {
      this.job = job;
    }

    @Override
    public Integer call() throws InterruptedException {
      return parent.submit(job, spec);
    }
  }
}
