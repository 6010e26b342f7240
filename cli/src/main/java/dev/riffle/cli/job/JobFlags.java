package dev.riffle.cli.job;

import dev.riffle.cli.shared.TopicFlags;
import dev.riffle.jobs.JobDefinition;
import dev.riffle.jobs.Jobs;
import dev.riffle.jobs.options.JobOption;
import dev.riffle.jobs.options.JobOptions;
import dev.riffle.jobs.options.OptionGroup;
import dev.riffle.jobs.options.OptionSet;
import dev.riffle.jobs.stream.KafkaOptions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;

/** The options of a job as options of a command. */
public final class JobFlags {
  /** Options that every job takes. */
  static final OptionSet COMMON = new OptionSet(JobDefinition.COMMON_OPTIONS, Jobs::ownerOf);

  private JobFlags() {}

  /**
   * Adds the options of a job to a command that does not declare them itself. The help does not
   * list options of other jobs, but the command parses them, so that {@link #read} can name their
   * job.
   */
  static void addTo(CommandSpec command, OptionSet options) {
    for (OptionSpec option : CommandSpec.forAnnotatedObject(new TopicFlags()).options()) {
      command.addOption(
          option.longestName().equals("--" + KafkaOptions.STREAM.name())
              ? OptionSpec.builder(option)
                  .description(description(KafkaOptions.STREAM, options))
                  .build()
              : option);
    }
    for (JobOption<?> option : options.all()) {
      add(command, option.name(), option, description(option, options), false);
      for (String name : option.deprecatedNames()) {
        add(command, name, option, "Deprecated name of --" + option.name() + ".", true);
      }
    }
    for (JobDefinition<?> job : Jobs.all()) {
      for (OptionGroup group : job.ownOptions()) {
        for (JobOption<?> option : group.options()) {
          List<String> names = new ArrayList<>(option.deprecatedNames());
          names.add(option.name());
          names.forEach(name -> add(command, name, option, "Of " + job.name() + ".", true));
        }
      }
    }
  }

  private static void add(
      CommandSpec command, String name, JobOption<?> option, String description, boolean hidden) {
    if (command.findOption("--" + name) == null) {
      command.addOption(
          OptionSpec.builder("--" + name)
              .paramLabel(option.type().label())
              .type(String.class)
              .hidden(hidden)
              .description(description.replace("%", "%%"))
              .build());
    }
  }

  private static <T> String description(JobOption<T> option, OptionSet options) {
    return options
        .defaultOf(option)
        .map(JobOption::text)
        .map(text -> option.description().replaceFirst("\\.$", "") + " (default: " + text + ").")
        .orElse(option.description() + (option.isRequired() ? " Required." : ""));
  }

  /**
   * The options that were given to a command and to the commands before it.
   *
   * @param options that the job takes
   * @throws ParameterException if one is invalid: a usage error
   */
  static JobOptions read(CommandSpec command, OptionSet options) {
    try {
      return options.of(values(command));
    } catch (IllegalArgumentException e) {
      throw new ParameterException(command.commandLine(), e.getMessage(), e);
    }
  }

  /** The options that were given to a command and to the commands before it, by name. */
  static Map<String, String> values(CommandSpec command) {
    Map<String, String> given =
        command.parent() == null ? new LinkedHashMap<>() : values(command.parent());
    for (String name : names()) {
      OptionSpec option = command.findOption("--" + name);
      if (option != null && option.getValue() != null) {
        given.put(name, option.getValue().toString());
      }
    }
    return given;
  }

  /** Names of the options of all jobs. */
  private static List<String> names() {
    List<OptionGroup> groups = new ArrayList<>(JobDefinition.COMMON_OPTIONS);
    Jobs.all().forEach(job -> groups.addAll(job.ownOptions()));
    List<String> names = new ArrayList<>();
    for (OptionGroup group : groups) {
      for (JobOption<?> option : group.options()) {
        names.add(option.name());
        names.addAll(option.deprecatedNames());
      }
    }
    return names;
  }
}
