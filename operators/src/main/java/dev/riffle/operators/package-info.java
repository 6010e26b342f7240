/**
 * Flink operators around a model: order, state, batching, sessions. They know no broker, no backend
 * and no music.
 *
 * <pre>
 *   StepEvent, keyed by sequence id
 *     -> in order?   duplicate: dropped, counted   overlap: trimmed, counted   early: held, bounded
 *     -> session?    start, gap, idle, end
 *     -> completes a row or window?   if not, its steps are kept in the state and that is all
 *     -> batch across keys -> StreamRunner.advance -> state back
 *     -> OutputMapper -> OutputRecord on the final lane (main output) and the preview lane
 *   side outputs: PREVIEW, SESSIONS, DEAD_LETTERS
 *
 *   SequenceOperator   queue, batches, timers, keyed state          all on the task's thread
 *     Sessions         order, gaps and sessions of one key          what to compute
 *     Inference        calls of the model, bad input, bad device    computing it
 *     Emitter          answers, sessions, dead letters to lanes     telling it
 * </pre>
 *
 * <p>Models that go step by step and models of whole windows take the same way: to the operator
 * both are a {@link dev.riffle.models.StreamModel}, whose state it does not look into.
 *
 * <p>A job needs {@link dev.riffle.operators.SequenceOperatorFactory}, a {@link
 * dev.riffle.operators.ModelSource}, an {@link dev.riffle.operators.OutputMapper} and {@link
 * dev.riffle.operators.SequenceOptions}.
 */
package dev.riffle.operators;
