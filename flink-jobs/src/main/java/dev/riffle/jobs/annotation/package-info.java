/**
 * The annotation job: DNA to genes.
 *
 * <pre>
 *   in.v1 -> ReadInput         ReadChunk, decoded and checked: StepEvent or dead letter
 *         -> keyBy(sequence_id)
 *         -> sequence operator with the annotator
 *         -> GeneMapper        Gene to GeneEvent
 *         -> final.v1, sessions.v1, dlq.v1   exactly once, with the checkpoint
 *            preview.v1                      immediately, at least once
 * </pre>
 */
package dev.riffle.jobs.annotation;
