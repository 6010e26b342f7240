/**
 * Accuracy of transcriptions.
 *
 * <pre>
 *   TranscribeDirectory  folders of sound as a batch, without broker or cluster
 *   ScoreTranscriptions  note files of the live way against the known notes
 *   ScoreSecondPass      the same recordings with and without the second pass
 * </pre>
 */
package dev.riffle.evaluation.music;
