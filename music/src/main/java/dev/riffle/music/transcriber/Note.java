package dev.riffle.music.transcriber;

/**
 * The begin or the end of a note. Each note is emitted twice: ON as soon as it is detected, OFF
 * when its end is detected, with the same pitch, onset, confidence and velocity.
 *
 * <p>With a {@link SecondPass}, the notes of the first pass have the revision NONE and are a
 * preview. The second pass emits each of them again if it stands, and retracts it otherwise.
 *
 * @param kind begin or end
 * @param pitch MIDI note number, 21 (A0) to 108 (C8)
 * @param onsetFrames onset in frames, with a fraction; at least -0.5
 * @param onsetSeconds onset in seconds from the start of the sequence, not below 0
 * @param offsetFrames offset in whole frames; -1 of an ON
 * @param offsetSeconds offset in seconds, not after the next onset of the pitch and not after the
 *     end of the sequence; NaN of an ON
 * @param publishedFrame frame after which this begin or end was emitted
 * @param confidence onset probability, 0 to 1
 * @param velocity MIDI velocity, 1 to 127; a rough estimate
 * @param revision result of the second pass
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
    int velocity,
    Revision revision) {

  /** Begin or end. */
  public enum Kind {
    ON,
    OFF
  }

  /** Result of the second pass for a note. */
  public enum Revision {
    /** A note of the first pass, which the second pass has not judged. */
    NONE,
    /** The first pass emitted it at this pitch and frame. */
    CONFIRMED,
    /** It replaces a retracted note of another time or pitch. */
    CORRECTED,
    /** The first pass did not emit it. */
    ADDED,
    /** The first pass emitted it and it does not stand: an OFF at its onset. */
    RETRACTED
  }

  /** The same note with the result of the second pass, emitted after a frame. */
  Note revised(Revision result, long frame) {
    return new Note(
        kind,
        pitch,
        onsetFrames,
        onsetSeconds,
        offsetFrames,
        offsetSeconds,
        frame,
        confidence,
        velocity,
        result);
  }
}
