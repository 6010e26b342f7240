package dev.riffle.music.transcriber;

/**
 * What became of a pitch in a frame of the first pass. A state stores the ordinal as a 32-bit
 * float.
 */
enum NoteOutcome {
  /** The first pass has emitted no note that begins in the frame. */
  NONE,

  /** The first pass has emitted a note that begins in the frame. */
  EMITTED,

  /** The first pass has emitted such a note and the second pass has retracted it. */
  RETRACTED;

  private static final NoteOutcome[] ALL = values();

  float stored() {
    return ordinal();
  }

  /**
   * @throws IllegalArgumentException if no outcome is stored so
   */
  static NoteOutcome of(float stored) {
    int ordinal = (int) stored;
    if (ordinal != stored || ordinal < 0 || ordinal >= ALL.length) {
      throw new IllegalArgumentException(
          "The outcome of a note must be 0, 1 or 2, found " + stored);
    }
    return ALL[ordinal];
  }
}
