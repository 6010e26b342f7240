/**
 * Load through Kafka and Flink: cost and latency.
 *
 * <pre>
 *   LiveStreamsBenchmark    live streams of sound
 *   WindowedJobBenchmark    long windows through a job file, next to the bare model
 *     WindowedJobProcess    the bare model or the job, in its own process
 *     WindowedJobCase       models and windows
 *   AnnotationJobBenchmark  DNA through the annotation job, next to the bare model and Prodigal
 *     AnnotationJobProcess  the bare annotator or the job, in its own process
 *   FlowCellBenchmark       512 channels that obey the decisions of the read-until job
 * </pre>
 */
package dev.riffle.benchmarks.stream;
