package dev.riffle.jobs.stream;

import java.util.Map;
import java.util.Properties;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.Metric;
import org.apache.flink.metrics.MetricConfig;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.metrics.reporter.MetricReporter;
import org.apache.flink.metrics.reporter.MetricReporterFactory;

/** The metrics of the jobs of a cluster in this JVM, also after a job has ended. */
public final class JobCounters implements MetricReporter {
  private static final Map<String, Queue<Metric>> METRICS = new ConcurrentHashMap<>();

  /** Creates the reporter. */
  public static final class Factory implements MetricReporterFactory {
    @Override
    public MetricReporter createMetricReporter(Properties properties) {
      return new JobCounters();
    }
  }

  /** Settings of a cluster whose metrics this class collects. */
  public static Configuration configuration() {
    Configuration configuration = new Configuration();
    configuration.setString("metrics.reporter.test.factory.class", Factory.class.getName());
    return configuration;
  }

  /** Sum of a metric over all operators and subtasks of a job; 0 if the job has no such metric. */
  public static long sum(Object jobId, String name) {
    long sum = 0;
    for (Metric metric : METRICS.getOrDefault(jobId + " " + name, new ConcurrentLinkedQueue<>())) {
      if (metric instanceof Counter counter) {
        sum += counter.getCount();
      } else if (metric instanceof Gauge<?> gauge && gauge.getValue() instanceof Number number) {
        sum += number.longValue();
      }
    }
    return sum;
  }

  /** True if a job has a metric of this name. */
  public static boolean has(Object jobId, String name) {
    return METRICS.containsKey(jobId + " " + name);
  }

  @Override
  public void open(MetricConfig config) {}

  @Override
  public void close() {}

  @Override
  public void notifyOfAddedMetric(Metric metric, String name, MetricGroup group) {
    String job = group.getAllVariables().get("<job_id>");
    METRICS.computeIfAbsent(job + " " + name, key -> new ConcurrentLinkedQueue<>()).add(metric);
  }

  @Override
  public void notifyOfRemovedMetric(Metric metric, String name, MetricGroup group) {}
}
