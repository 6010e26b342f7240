package dev.riffle.benchmarks.support;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.openjdk.jmh.Main;
import picocli.CommandLine.Unmatched;

/** Runs one JMH benchmark; options of JMH, such as {@code -p keys=1}, follow the command. */
public abstract class JmhBenchmark implements Callable<Integer> {
  private final Class<?> benchmark;

  @Unmatched private List<String> options = new ArrayList<>();

  protected JmhBenchmark(Class<?> benchmark) {
    this.benchmark = benchmark;
  }

  @Override
  public Integer call() throws Exception {
    // The class path of the launcher is long: forks get it in a jar.
    System.setProperty("jmh.separateClasspathJAR", "true");
    List<String> arguments = new ArrayList<>(List.of(benchmark.getName()));
    arguments.addAll(options);
    Main.main(arguments.toArray(String[]::new));
    return 0;
  }
}
