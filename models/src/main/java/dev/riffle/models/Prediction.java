package dev.riffle.models;

/**
 * One prediction of a model.
 *
 * @param position number of steps that the session had consumed when the model emitted the
 *     prediction. It does not depend on how the steps are split into calls.
 * @param value the value, such as a note
 */
public record Prediction<O>(long position, O value) {}
