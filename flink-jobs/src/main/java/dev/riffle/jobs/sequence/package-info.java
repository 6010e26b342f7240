/**
 * Any model on any topic, as a YAML file says.
 *
 * <pre>
 *   JobFile          the file: its mistakes, or what it says; JobKey lists what may stand in it
 *   ModelCheck       holds it against its model
 *   SequenceInput    records of JSON, Avro or our own to StepEvent
 *   SequenceJob      source, sequence operator with the model, sinks
 *                    (of format reads: the annotation)
 *   PredictionMapper Scores to Prediction, in Avro or JSON
 * </pre>
 */
package dev.riffle.jobs.sequence;
