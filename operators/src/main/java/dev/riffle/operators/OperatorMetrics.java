package dev.riffle.operators;

import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Histogram;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.runtime.metrics.DescriptiveStatisticsHistogram;

/**
 * What a sequence operator counts and measures; times in microseconds. The way of an event through
 * it is assembled, queued and computed, each with a histogram of its own.
 */
final class OperatorMetrics {
  private static final int WINDOW = 1024;

  /** Rows computed, or windows where windows are; and events that could not be. */
  final Counter inferenceRequests;

  final Counter inferenceFailures;

  /**
   * Order, session, state and ring of the events that go into a batch and of those since the last
   * batch that were only kept; without waiting and computing.
   */
  final Histogram assemblyLatency;

  /** From an event's arrival in this process to the start of its computation. */
  final Histogram queueLatency;

  /** The part of it that a batch waited for a device that other tasks use too. */
  final Histogram deviceQueueLatency;

  /** Duration of a batch's computation. */
  final Histogram inferenceLatency;

  /** Rows or windows in a batch. */
  final Histogram batchSize;

  /** How often the device had no memory for a batch. */
  final Counter outOfMemory;

  /** Most rows or windows that are computed together. */
  int maxSlots;

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
    assemblyLatency = histogram(group, "assembly_latency");
    queueLatency = histogram(group, "queue_latency");
    deviceQueueLatency = histogram(group, "device_queue_latency");
    inferenceLatency = histogram(group, "inference_latency");
    batchSize = histogram(group, "batch_size");
    outOfMemory = group.counter("out_of_memory_total");
    group.gauge("batch_size_limit", () -> maxSlots);
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
