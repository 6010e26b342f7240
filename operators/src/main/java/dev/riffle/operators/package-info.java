/**
 * Flink operators around a model: order, state, batching, sessions. They know no broker, no backend
 * and no music.
 *
 * <pre>
 *   StepEvent, keyed by sequence id
 *     -> in order?   duplicate: dropped, counted   overlap: trimmed, counted   early: held, bounded
 *     -> session?    start, gap, idle, end
 *     -> batch across keys -> StreamRunner.advance -> state back
 *     -> AnswerMapper -> Outgoing on the final lane (main output) and the preview lane
 *   side outputs: PREVIEW, SESSIONS, DEAD_LETTERS
 *
 *   RecurrentOperator   queue, batches, timers, keyed state           all on the task's thread
 *     Sessions          order, gaps and sessions of one key           what to compute
 *     Inference         one batch, and the row at fault in it         computing it
 *     Emitter           answers, sessions, dead letters to lanes      telling it
 * </pre>
 *
 * A job needs {@link dev.riffle.operators.RecurrentOperatorFactory}, a {@link
 * dev.riffle.operators.ModelSource}, an {@link dev.riffle.operators.AnswerMapper} and {@link
 * dev.riffle.operators.RecurrentOptions}.
 */
package dev.riffle.operators;
