/**
 * Any model on any topic, as a YAML file says.
 *
 * <pre>
 *   JobFile          the file: its errors, or its content; JobKey lists the keys
 *   ModelCheck       checks it against its model
 *   SequenceInput    JSON, Avro or SequenceEvent records to StepEvent
 *   SequenceJob      source, sequence operator with the model, sinks
 *                    (with format reads: the annotation)
 *   PredictionMapper PredictionValues to Prediction, in Avro or JSON
 * </pre>
 */
package dev.riffle.jobs.sequence;
