package dev.riffle.operators;

import dev.riffle.models.Format;
import dev.riffle.models.Prediction;

/**
 * A prediction of the model with its sequence, its session and its latencies.
 *
 * @param sequenceId the sequence
 * @param format what the steps of the session are
 * @param sessionStart position of the first step of the session; add it to the position of the
 *     prediction to get a position in the sequence
 * @param sessionStartMicros capture time of the first step of the session
 * @param eventMicros capture time of the event that completed the prediction; if none did, the
 *     capture time at which the session ended
 * @param prediction the prediction; its position counts from the start of the session
 * @param modelVersion {@code name/version}
 * @param queueMicros from the arrival of the event in this process to the start of its batch
 * @param computeMicros duration of the batch
 */
public record EmittedPrediction<O>(
    String sequenceId,
    Format format,
    long sessionStart,
    long sessionStartMicros,
    long eventMicros,
    Prediction<O> prediction,
    String modelVersion,
    long queueMicros,
    long computeMicros) {}
