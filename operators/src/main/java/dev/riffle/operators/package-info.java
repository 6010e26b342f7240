/**
 * Flink operators around a model: order, sessions, state and batching. They know no Kafka, no
 * backend, no music and no DNA.
 *
 * <pre>
 *   StepEvent, keyed by sequence id
 *     -> SequenceRules     usable?  what is due by event time?
 *     -> ReorderBuffer     duplicate: dropped   overlap: trimmed   early: buffered, bounded
 *     -> GapHandler        missing steps: filled, skipped or refused
 *     -> SessionLifecycle  start, restart, idle, end
 *     -> WorkItem          at most one per key in flight (KeyQueue)
 *     -> BatchQueue        work items of many keys
 *     -> Inference         calls the model; tells a bad input from a bad device
 *     -> Emitter           predictions through the OutputMapper, session events, dead letters
 *   main output: final predictions   side outputs: PREVIEW, SESSIONS, DEAD_LETTERS
 * </pre>
 *
 * <p>Everything before the batch decides what to compute and computes nothing. {@link
 * dev.riffle.operators.SequenceOperator} connects the parts and runs them on the task's thread.
 * {@link dev.riffle.operators.SequenceState} is the keyed state of a sequence.
 *
 * <p>Models that advance step by step and models of whole windows take the same route: both are a
 * {@link dev.riffle.models.StreamModel} whose state is opaque to the operator.
 *
 * <p>A job needs {@link dev.riffle.operators.SequenceOperatorFactory}, a {@link
 * dev.riffle.operators.ModelSource}, an {@link dev.riffle.operators.OutputMapper} and {@link
 * dev.riffle.operators.SequenceOptions}.
 */
package dev.riffle.operators;
