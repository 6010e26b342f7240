/**
 * The parts of every job: from a Kafka topic through a model to the output topics.
 *
 * <pre>
 *   EventInput       records to StepEvent, or to a dead letter with its coordinates
 *   DirectoryModel   the model of a directory, loaded by each task
 *   StreamJob        source, sequence operator, sinks
 *   KafkaEndpoints   the source and the sinks on Kafka
 * </pre>
 */
package dev.riffle.jobs.stream;
