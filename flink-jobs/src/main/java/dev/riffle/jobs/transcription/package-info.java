/**
 * The transcription job: sound to notes.
 *
 * <pre>
 *   in.v1 -> AudioInput        AudioChunk, decoded and checked: StepEvent or dead letter
 *         -> keyBy(sequence_id)
 *         -> sequence operator with the transcriber, and a second pass if one is set
 *         -> NoteMapper        Note to NoteEvent
 *         -> final.v1, sessions.v1, dlq.v1   exactly once, with the checkpoint
 *            preview.v1                      immediately, at least once
 * </pre>
 */
package dev.riffle.jobs.transcription;
