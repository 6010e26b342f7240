/**
 * The causal music transcriber: sound in, notes out, frame by frame, in constant memory and work
 * per frame.
 *
 * <pre>
 *   samples -> Session: mean of channels, resampler, last 4096 samples, gain, FrontEnd
 *                 |  one frame of features per 32 ms
 *              Network: harmonic stack, octaves, LRU layers, pitch layer, heads     (over Kernels)
 *                 |  onset, frame, velocity probability per pitch
 *              Decoder: one small state machine per pitch
 *                 |
 *              Note ON, Note OFF
 * </pre>
 *
 * <p>{@link dev.riffle.music.transcriber.Transcriber} is the entry point; the frames of many
 * sequences go through the network together. {@link dev.riffle.music.transcriber.OnsetScore} says
 * how well notes were found.
 */
package dev.riffle.music.transcriber;
