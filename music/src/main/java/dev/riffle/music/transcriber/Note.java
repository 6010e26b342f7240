package dev.riffle.music.transcriber;

/**
 * A note that begins or ends. Each note is emitted twice: ON as soon as it is found, OFF when its
 * end is found, with the same pitch, onset, confidence and velocity.
 *
 * <p>With a {@link SecondPass} the notes of the first pass, of revision NONE, are a preview; each
 * is followed by its verdict: a confirmed note is emitted once more, another is retracted.
 *
 * @param kind what happens
 * @param pitch MIDI note number, 21 (A0) to 108 (C8)
 * @param onsetFrames when it begins, in frames with a fraction; at least -0.5
 * @param onsetSeconds the same in seconds from the start of the sequence; an earlier start is 0
 * @param offsetFrames when it ends, in whole frames; -1 on ON
 * @param offsetSeconds the same in seconds; NaN on ON
 * @param publishedFrame frame after which this was known; on OFF that of the OFF
 * @param confidence onset probability, 0 to 1
 * @param velocity MIDI velocity, 1 to 127; a rough guess
 * @param revision what the second pass says of it
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

  /** What happens to a note. */
  public enum Kind {
    ON,
    OFF
  }

  /** What a second pass says of a note. */
  public enum Revision {
    /** It was not asked: a note of the first pass. */
    NONE,
    /** The first pass told it, at this pitch and frame. */
    CONFIRMED,
    /** It takes the place of one that is retracted, of another time or pitch. */
    CORRECTED,
    /** The first pass did not tell it. */
    ADDED,
    /** The first pass told it and it does not stand: an OFF at its onset. */
    RETRACTED
  }

  /** The same note as a second pass tells it. */
  Note revised(Revision by, long frame) {
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
        by);
  }
}
