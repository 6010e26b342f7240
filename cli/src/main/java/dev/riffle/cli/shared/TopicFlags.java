package dev.riffle.cli.shared;

import dev.riffle.jobs.JobDefinition;
import dev.riffle.jobs.options.OptionSet;
import dev.riffle.jobs.stream.KafkaOptions;
import dev.riffle.jobs.stream.Topics;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** The options {@code --bootstrap}, {@code --namespace} and {@code --stream}. */
public final class TopicFlags extends BrokerFlag {
  @Option(
      names = "--namespace",
      paramLabel = "TEXT",
      description = "First part of the topic names (default: riffle).")
  private String namespace;

  @Option(
      names = "--stream",
      paramLabel = "TEXT",
      description = "Second part of the topic names (default: that of the job).")
  private String stream;

  /**
   * The topics of a job.
   *
   * @param command that was given the options
   * @throws ParameterException if a name is invalid
   */
  public Topics topics(CommandSpec command, JobDefinition<?> job) {
    OptionSet options = job.options();
    try {
      return Topics.of(
          namespace != null ? namespace : options.defaultOf(KafkaOptions.NAMESPACE).orElseThrow(),
          stream != null ? stream : options.defaultOf(KafkaOptions.STREAM).orElseThrow());
    } catch (IllegalArgumentException e) {
      throw new ParameterException(command.commandLine(), e.getMessage(), e);
    }
  }
}
