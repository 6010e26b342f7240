package dev.riffle.models;

/**
 * One answer of a model.
 *
 * @param position number of steps of the session that had to be consumed before it could be told,
 *     in steps of the session's {@link Format}; the same for any chunking
 * @param value the answer
 */
public record Prediction<O>(long position, O value) {}
