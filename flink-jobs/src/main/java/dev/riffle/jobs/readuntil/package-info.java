/**
 * The read-until job: one decision for each read (adaptive sampling).
 *
 * <pre>
 *   in.v1 -> ReadInput           ReadChunk with quality and channel: StepEvent or dead letter
 *         -> keyBy(sequence_id)
 *         -> sequence operator with read-until and the reference genomes of the options
 *         -> DecisionMapper      ReadVerdict to ReadDecision
 *         -> preview.v1                        immediately, at least once: for the sequencer
 *            final.v1, sessions.v1, dlq.v1     exactly once, with the checkpoint: for the record
 * </pre>
 */
package dev.riffle.jobs.readuntil;
