/**
 * Signal processing of sound. {@link dev.riffle.music.signal.Resampler} converts any sample rate to
 * the rate of the model. The result does not depend on how the samples were divided into chunks;
 * the caller stores its state. {@link dev.riffle.music.signal.RealFft} computes half a spectrum of
 * real samples, on the CPU and for one thread.
 */
package dev.riffle.music.signal;
