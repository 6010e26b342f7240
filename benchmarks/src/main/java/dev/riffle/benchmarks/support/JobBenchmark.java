package dev.riffle.benchmarks.support;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Unmatched;

/** A benchmark of a job. Each {@code --name=value} that it does not declare is one of the job. */
public abstract class JobBenchmark implements Callable<Integer> {
  @Unmatched private List<String> unmatched = new ArrayList<>();

  /**
   * The options of the job by name.
   *
   * @throws IllegalArgumentException if an argument is not an option
   */
  protected final Map<String, String> jobOptions() {
    Map<String, String> options = new TreeMap<>();
    for (String argument : unmatched) {
      if (!argument.matches("--[a-z-]+=.+")) {
        throw new IllegalArgumentException(
            "Expected an option of the job as --name=value, found '" + argument + "'.");
      }
      int equals = argument.indexOf('=');
      options.put(argument.substring(2, equals), argument.substring(equals + 1));
    }
    return options;
  }

  /** The options as arguments of the job's command line. */
  protected final List<String> jobArguments() {
    return jobOptions().entrySet().stream()
        .map(o -> "--" + o.getKey() + "=" + o.getValue())
        .toList();
  }
}
