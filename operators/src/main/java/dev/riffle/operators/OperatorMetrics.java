package dev.riffle.operators;

import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Histogram;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.runtime.metrics.DescriptiveStatisticsHistogram;

/**
 * Metrics of a sequence operator. Times are in microseconds. Three histograms split the time of an
 * event in the operator: assembly, queue and inference.
 */
final class OperatorMetrics {
  private static final int WINDOW = 1024;

  /** Steps or windows that were computed, in slots of a batch. */
  final Counter inferenceRequests;

  /** Work items that could not be computed. */
  final Counter inferenceFailures;

  /**
   * Time for ordering, sessions and state of the events since the last batch, whether their steps
   * go into the batch or are only stored. Excludes waiting and computing.
   */
  final Histogram assemblyLatency;

  /** From the arrival of an event in this process to the start of its computation. */
  final Histogram queueLatency;

  /** Time that a batch waited for a device which other tasks use, too. */
  final Histogram deviceQueueLatency;

  /** Duration of the computation of a batch. */
  final Histogram inferenceLatency;

  /** Slots that a batch used. */
  final Histogram batchSize;

  /** Batches for which the device had too little memory. */
  final Counter outOfMemory;

  /** Slots that a batch has at most. */
  int maxSlots;

  /** Events whose steps were computed. */
  final Counter usedEvents;

  /** Work items with a prediction that could not be converted to a record. */
  final Counter unwrittenPredictions;

  /** Events that arrived after their steps had been given up. */
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
    usedEvents = group.counter("used_events_total");
    unwrittenPredictions = group.counter("unwritten_predictions_total");
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
