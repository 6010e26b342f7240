/**
 * Plain sound arithmetic that a front end needs; not a verb, because it runs once per stream on the
 * CPU.
 *
 * <pre>
 *   Resampler  any rate -> the rate of the model, in any chunking; its state is the caller's
 *   RealFft    real samples -> half a spectrum, for one thread
 * </pre>
 */
package dev.riffle.models.signal;
