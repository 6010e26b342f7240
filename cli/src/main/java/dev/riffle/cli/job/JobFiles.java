package dev.riffle.cli.job;

import dev.riffle.jobs.sequence.Diagnostic;
import dev.riffle.jobs.sequence.JobFile;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.CharacterCodingException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** Jobs' YAML files as the verbs use them. */
public final class JobFiles {
  private JobFiles() {}

  /**
   * Reads a file.
   *
   * @param overrides options, by name, that go before what it says
   * @throws ParameterException if it cannot be read
   */
  public static JobFile read(CommandSpec verb, Path file, Map<String, String> overrides) {
    try {
      return JobFile.read(file, overrides);
    } catch (NoSuchFileException e) {
      throw new ParameterException(
          verb.commandLine(),
          "There is no file "
              + file
              + "; demo/jobs has examples. Jobs with a name are "
              + NamedJob.names()
              + ".",
          e);
    } catch (CharacterCodingException e) {
      throw new ParameterException(verb.commandLine(), file + " is no text in UTF-8.", e);
    } catch (IOException e) {
      throw new ParameterException(verb.commandLine(), file + " cannot be read: " + e, e);
    }
  }

  /** Prints its mistakes, one per line. */
  public static void print(JobFile job, PrintWriter err) {
    for (Diagnostic mistake : job.mistakes()) {
      err.println(mistake.at(job.name()));
    }
    int count = job.mistakes().size();
    err.println(count == 1 ? "1 mistake." : count + " mistakes.");
    err.flush();
  }
}
