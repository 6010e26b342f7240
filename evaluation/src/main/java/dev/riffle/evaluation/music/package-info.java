/**
 * Accuracy of transcriptions.
 *
 * <pre>
 *   TranscribeDirectory  directories of sound files as one batch, without broker or cluster
 *   ScoreTranscriptions  note files of {@code riffle transcribe} against labels
 *   ScoreSecondPass      the same recordings with and without the second pass
 * </pre>
 */
package dev.riffle.evaluation.music;
