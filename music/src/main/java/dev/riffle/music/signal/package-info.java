/**
 * Sample rate conversion: {@link dev.riffle.music.signal.Resampler} converts any rate to the rate
 * of the model. The result does not depend on how the samples were divided into chunks; the caller
 * stores its state.
 */
package dev.riffle.music.signal;
