/**
 * Reads in, one decision for each out: adaptive sampling.
 *
 * <pre>
 *   in.v1 -> ReadInput           ReadChunk with quality and channel: StepEvent or dead letter
 *         -> keyBy(sequence_id)
 *         -> sequence operator with read-until and the references that the user names
 *         -> DecisionMapper      ReadVerdict to ReadDecision
 *         -> preview.v1                        at once, at least once: what a sequencer acts on
 *            final.v1, sessions.v1, dlq.v1     exactly once, with the checkpoint: the record of it
 * </pre>
 */
package dev.riffle.jobs.readuntil;
