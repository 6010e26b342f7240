package dev.riffle.models.transcriber;

/**
 * A note that begins or ends. Each note is told twice: ON as soon as it is known, OFF when it is
 * known to have ended, with the same pitch, onset, confidence and velocity.
 *
 * @param kind what happens
 * @param pitch MIDI note number, 21 (A0) to 108 (C8)
 * @param onsetFrames when it begins, in frames with a fraction; at least -0.5
 * @param onsetSeconds the same in seconds from the start of the sequence; a start before it is told
 *     as 0
 * @param offsetFrames when it ends, in whole frames; -1 on ON
 * @param offsetSeconds the same in seconds; NaN on ON
 * @param publishedFrame frame after which this was known; on OFF that of the OFF
 * @param confidence onset probability, 0 to 1
 * @param velocity MIDI velocity, 1 to 127; a rough guess
 */
public record Note(
    Kind kind,
    int pitch,
    double onsetFrames,
    double onsetSeconds,
    long offsetFrames,
    double offsetSeconds,
    long publishedFrame,
    float confidence,
    int velocity) {

  /** What happens to a note. */
  public enum Kind {
    ON,
    OFF
  }
}
