/**
 * The causal music transcriber: reads sound, predicts notes, with constant memory and work per
 * frame.
 *
 * <pre>
 *   samples -> SoundFrames: mean of channels, SampleConditioner, resampler, last 4096 samples,
 *                 |         FrontEnd with ToneDetector, RunningGain
 *                 |  one frame of features per 32 ms
 *              Network: harmonic stack, octaves, LRU layers, pitch layer, heads     (over Kernels)
 *                 |  NoteProbabilities: onset, frame, velocity per pitch
 *              Decoder: one small state machine per pitch
 *                 |
 *              Note ON, Note OFF
 *                 |  optional: SecondPassSession, SecondPass
 *              each note confirmed, corrected, added or retracted
 * </pre>
 *
 * <p>{@link dev.riffle.music.transcriber.Transcriber} is the model; {@link
 * dev.riffle.music.transcriber.TranscriberFamily} loads it, with or without a second pass. {@code
 * TranscriberRunner} computes the frames of many sequences together. {@link
 * dev.riffle.music.transcriber.OnsetScore} measures the accuracy of notes.
 */
package dev.riffle.music.transcriber;
