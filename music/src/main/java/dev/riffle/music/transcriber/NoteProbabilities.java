package dev.riffle.music.transcriber;

/** Layout of the transcriber's outputs for one frame: {@code [pitches, 3]}. */
final class NoteProbabilities {
  /** Values per pitch: onset, frame and velocity. */
  static final int PER_PITCH = 3;

  private static final int ONSET = 0;
  private static final int FRAME = 1;
  private static final int VELOCITY = 2;

  private NoteProbabilities() {}

  /** Index of the probability that a note begins. */
  static int onset(int pitch) {
    return PER_PITCH * pitch + ONSET;
  }

  /** Index of the probability that a note sounds. */
  static int frame(int pitch) {
    return PER_PITCH * pitch + FRAME;
  }

  /** Index of the strength with which a note is played, from 0 to 1. */
  static int velocity(int pitch) {
    return PER_PITCH * pitch + VELOCITY;
  }
}
