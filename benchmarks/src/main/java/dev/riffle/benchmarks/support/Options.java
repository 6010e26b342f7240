package dev.riffle.benchmarks.support;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What stands behind a benchmark's name as {@code --name=value}: its own options, and those of the
 * job that it measures.
 */
public final class Options {
  private final Map<String, String> own;

  /** Options that are not the benchmark's own, by name. */
  public final Map<String, String> job = new TreeMap<>();

  /**
   * @param defaults the benchmark's own options
   * @throws IllegalArgumentException if an argument is no option
   */
  public Options(Map<String, String> defaults, String[] args) {
    own = new TreeMap<>(defaults);
    for (String arg : args) {
      if (!arg.matches("--[a-z-]+=.+")) {
        throw new IllegalArgumentException("Options are written --name=value but not " + arg + ".");
      }
      String name = arg.substring(2, arg.indexOf('='));
      (defaults.containsKey(name) ? own : job).put(name, arg.substring(arg.indexOf('=') + 1));
    }
  }

  public String get(String name) {
    return own.get(name);
  }

  public int number(String name) {
    return Integer.parseInt(own.get(name));
  }

  /** Those of the job, as its command line has them. */
  public List<String> ofJob() {
    return job.entrySet().stream().map(o -> "--" + o.getKey() + "=" + o.getValue()).toList();
  }
}
