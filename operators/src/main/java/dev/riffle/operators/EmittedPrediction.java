package dev.riffle.operators;

import dev.riffle.models.Format;
import dev.riffle.models.Prediction;

/**
 * One answer of the model with what is known of its place and time.
 *
 * @param sequenceId the sequence
 * @param format what its steps are
 * @param sessionStart position of the session's first step: add it to positions of the output
 * @param sessionStartMicros capture time of the session's first step
 * @param eventMicros capture time of the event that the answer came with; of the session's last one
 *     where none did
 * @param output the model's answer; positions count from the session's start
 * @param modelVersion {@code name/version}
 * @param queueMicros from the event's arrival in this process to the start of its batch
 * @param computeMicros duration of its batch
 */
public record EmittedPrediction<O>(
    String sequenceId,
    Format format,
    long sessionStart,
    long sessionStartMicros,
    long eventMicros,
    Prediction<O> output,
    String modelVersion,
    long queueMicros,
    long computeMicros) {}
