package dev.riffle.cli.job;

import dev.riffle.jobs.JobDefinition;
import dev.riffle.jobs.Jobs;
import dev.riffle.jobs.options.OptionSet;
import dev.riffle.jobs.transcription.TranscriptionJob;
import java.util.concurrent.Callable;
import java.util.function.Function;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/** Gives a command one subcommand for each job, such as {@code run annotation}. */
final class JobCommands {
  /** The job of a command line that names none. */
  static final JobDefinition<?> DEFAULT = new TranscriptionJob();

  private JobCommands() {}

  /**
   * Adds the subcommands.
   *
   * @param command gets them
   * @param forJob makes the object of a job's subcommand
   * @param options that a job's subcommand takes
   */
  static void addTo(
      CommandLine command,
      Function<JobDefinition<?>, Callable<Integer>> forJob,
      Function<JobDefinition<?>, OptionSet> options) {
    JobFlags.addTo(command.getCommandSpec(), JobFlags.COMMON);
    for (JobDefinition<?> job : Jobs.all()) {
      CommandSpec spec = CommandSpec.forAnnotatedObject(forJob.apply(job));
      spec.name(job.name()).usageMessage().description(job.summary()).abbreviateSynopsis(true);
      JobFlags.addTo(spec, options.apply(job));
      command.addSubcommand(job.name(), new CommandLine(spec));
    }
  }
}
