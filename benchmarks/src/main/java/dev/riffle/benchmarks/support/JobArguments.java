package dev.riffle.benchmarks.support;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import picocli.CommandLine.Unmatched;

/** Options of the measured job: each {@code --name=value} that the benchmark does not declare. */
public final class JobArguments {
  @Unmatched private List<String> unmatched = new ArrayList<>();

  /**
   * The options by name.
   *
   * @throws IllegalArgumentException if an argument is not an option
   */
  public Map<String, String> values() {
    Map<String, String> values = new TreeMap<>();
    for (String argument : unmatched) {
      if (!argument.matches("--[a-z-]+=.+")) {
        throw new IllegalArgumentException(
            "Expected an option of the job as --name=value, found '" + argument + "'.");
      }
      int equals = argument.indexOf('=');
      values.put(argument.substring(2, equals), argument.substring(equals + 1));
    }
    return values;
  }

  /** The options as arguments of the job's command line. */
  public List<String> arguments() {
    return values().entrySet().stream().map(o -> "--" + o.getKey() + "=" + o.getValue()).toList();
  }
}
