package dev.riffle.cli.job;

import dev.riffle.jobs.Jobs;
import dev.riffle.jobs.options.JobOptions;
import dev.riffle.jobs.sequence.Diagnostic;
import dev.riffle.jobs.sequence.JobFile;
import dev.riffle.schemas.Printable;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.CharacterCodingException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** Reads job files and required options for commands; problems are usage errors. */
public final class JobFiles {
  private JobFiles() {}

  /**
   * Reads a file.
   *
   * @param overrides options, by name, that take precedence over the file
   * @throws ParameterException if it cannot be read
   */
  public static JobFile read(CommandSpec command, Path file, Map<String, String> overrides) {
    try {
      return JobFile.read(file, overrides);
    } catch (NoSuchFileException e) {
      throw new ParameterException(
          command.commandLine(),
          "The file "
              + file
              + " does not exist. Pass a job file, such as those in demo/jobs, or a job: "
              + String.join(", ", Jobs.names())
              + ".",
          e);
    } catch (CharacterCodingException e) {
      throw new ParameterException(
          command.commandLine(), file + " is not a text file in UTF-8.", e);
    } catch (IOException e) {
      throw new ParameterException(command.commandLine(), file + " cannot be read: " + e, e);
    }
  }

  /**
   * Checks that all required options were given.
   *
   * @throws ParameterException if one was not
   */
  static void checkRequired(CommandSpec command, JobOptions options) {
    try {
      options.checkRequired();
    } catch (IllegalArgumentException e) {
      throw new ParameterException(command.commandLine(), e.getMessage(), e);
    }
  }

  /** Prints the problems of a file, one per line. */
  public static void print(JobFile job, PrintWriter err) {
    for (Diagnostic problem : job.diagnostics()) {
      err.println(Printable.line(problem.at(job.name())));
    }
    int count = job.diagnostics().size();
    err.println(count == 1 ? "1 problem." : count + " problems.");
    err.flush();
  }
}
