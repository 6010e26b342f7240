/**
 * The parts of every job, and the options of each part.
 *
 * <pre>
 *   InputOptions      EventInput      decodes records to StepEvent, or to a dead letter; it fails
 *                                     with UnavailableException if a record is to be read again
 *   KafkaOptions      KafkaEndpoints  source and sinks on Kafka
 *                     Topics          names of the topics; creates and checks them
 *   ModelOptions      DirectoryModel  a model, loaded from its directory by each task
 *   OperatorOptions                   batches, order and sessions of the sequence operator
 *   FlinkOptions      StreamJob       the dataflow: source, sequence operator, sinks
 * </pre>
 */
package dev.riffle.jobs.stream;
