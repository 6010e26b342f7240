package dev.riffle.benchmarks.support;

import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.metrics.Histogram;
import org.apache.flink.metrics.Metric;
import org.apache.flink.metrics.MetricConfig;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.metrics.reporter.MetricReporter;
import org.apache.flink.metrics.reporter.MetricReporterFactory;

/** Keeps the histograms of the sequence operators that run in this JVM. */
public final class OperatorTimes implements MetricReporterFactory, MetricReporter {
  private static final Map<String, List<Histogram>> FOUND = new ConcurrentHashMap<>();

  /** Settings of a cluster whose operators are to be watched. */
  public static Configuration watch() {
    Configuration config = new Configuration();
    config.setString("metrics.reporter.times.factory.class", OperatorTimes.class.getName());
    return config;
  }

  /** Forgets all that ran until now. */
  public static void reset() {
    FOUND.clear();
  }

  /** All values of a histogram of all tasks added up; of each task the last 1024 count. */
  public static double sum(String name) {
    return of(name).stream()
        .mapToDouble(h -> h.getStatistics().getMean() * h.getStatistics().size())
        .sum();
  }

  /** Mean of the same values; 0 if there are none. */
  public static double mean(String name) {
    long count = of(name).stream().mapToLong(h -> h.getStatistics().size()).sum();
    return count == 0 ? 0 : sum(name) / count;
  }

  private static List<Histogram> of(String name) {
    return FOUND.getOrDefault(name, List.of()).stream()
        .filter(h -> h.getStatistics().size() > 0)
        .toList();
  }

  @Override
  public MetricReporter createMetricReporter(Properties properties) {
    return this;
  }

  @Override
  public void open(MetricConfig config) {}

  @Override
  public void close() {}

  @Override
  public void notifyOfAddedMetric(Metric metric, String name, MetricGroup group) {
    if (metric instanceof Histogram histogram) {
      FOUND.computeIfAbsent(name, n -> new CopyOnWriteArrayList<>()).add(histogram);
    }
  }

  @Override
  public void notifyOfRemovedMetric(Metric metric, String name, MetricGroup group) {}
}
