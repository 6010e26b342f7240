package dev.riffle.operators;

import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Histogram;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.runtime.metrics.DescriptiveStatisticsHistogram;

/** What a recurrent operator counts and measures; times in microseconds. */
final class OperatorMetrics {
  private static final int WINDOW = 1024;

  /** Rows computed, and rows that could not be. */
  final Counter inferenceRequests;

  final Counter inferenceFailures;

  /** Duration of a batch. */
  final Histogram inferenceLatency;

  /** From an event's arrival in this process to the start of its batch. */
  final Histogram queueLatency;

  /** Sequences in a batch. */
  final Histogram batchSize;

  /** Events whose steps came after they had been given up. */
  final Counter lateEvents;

  final Counter duplicateEvents;
  final Counter trimmedSteps;
  final Counter filledSteps;
  final Counter gaps;
  final Counter deadLetters;

  /** Open sessions. */
  int activeSequences;

  OperatorMetrics(MetricGroup group) {
    inferenceRequests = group.counter("inference_requests");
    inferenceFailures = group.counter("inference_failures");
    inferenceLatency = histogram(group, "inference_latency");
    queueLatency = histogram(group, "queue_latency");
    batchSize = histogram(group, "batch_size");
    lateEvents = group.counter("late_events_total");
    duplicateEvents = group.counter("duplicate_events_total");
    trimmedSteps = group.counter("trimmed_steps_total");
    filledSteps = group.counter("filled_steps_total");
    gaps = group.counter("gaps_total");
    deadLetters = group.counter("dead_letters_total");
    group.gauge("sequences_active", () -> activeSequences);
  }

  private static Histogram histogram(MetricGroup group, String name) {
    return group.histogram(name, new DescriptiveStatisticsHistogram(WINDOW));
  }
}
