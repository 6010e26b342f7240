package dev.riffle.cli.job;

import dev.riffle.jobs.JobOptions;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.flink.configuration.ConfigOption;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;

/** The options of a job as options of a verb. */
public final class JobFlags {
  private JobFlags() {}

  /** Gives a verb an option for each of the job's that it has not itself. */
  public static void addTo(CommandSpec verb) {
    for (ConfigOption<?> option : JobOptions.ALL) {
      String name = "--" + option.key();
      if (verb.findOption(name) == null) {
        String value = JobOptions.text(option.defaultValue());
        String help = JobOptions.description(option).replace("%", "%%");
        verb.addOption(
            OptionSpec.builder(name)
                .paramLabel(label(option))
                .type(String.class)
                .description(
                    value.isEmpty()
                        ? help
                        : help.replaceFirst("\\.$", "") + " (default: " + value + ").")
                .build());
      }
    }
  }

  /**
   * The job's options as they were given, checked.
   *
   * @throws ParameterException if one is wrong: the verb was asked wrongly
   */
  public static JobOptions given(CommandSpec verb) {
    try {
      return JobOptions.of(values(verb));
    } catch (IllegalArgumentException e) {
      throw new ParameterException(verb.commandLine(), e.getMessage(), e);
    }
  }

  /** The same by name. */
  public static Map<String, String> values(CommandSpec verb) {
    Map<String, String> given = new LinkedHashMap<>();
    for (ConfigOption<?> option : JobOptions.ALL) {
      OptionSpec spec = verb.findOption("--" + option.key());
      if (spec != null && spec.getValue() != null) {
        given.put(option.key(), spec.getValue().toString());
      }
    }
    return given;
  }

  private static String label(ConfigOption<?> option) {
    return switch (JobOptions.type(option)) {
      case "true or false" -> "BOOL";
      case "whole number" -> "N";
      case "duration" -> "TIME";
      case "size" -> "SIZE";
      default -> "TEXT";
    };
  }
}
