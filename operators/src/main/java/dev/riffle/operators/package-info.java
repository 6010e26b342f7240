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
 * </pre>
 */
package dev.riffle.operators;
