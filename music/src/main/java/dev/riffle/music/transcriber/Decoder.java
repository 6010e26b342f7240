package dev.riffle.music.transcriber;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * Probabilities to notes: one small state machine per pitch, fed frame by frame
 * (docs/lru-transcriber.md, section 5). A note is emitted one frame after the peak of its onset.
 *
 * <p>Immutable; what a sequence keeps is a {@link State}.
 */
final class Decoder {

  /**
   * When a note begins and ends.
   *
   * @param onset least onset probability of a peak
   * @param support least frame probability beside a peak
   * @param frame a note sounds while its frame probability is at least this
   * @param gap frames in a row below it that end a note
   * @param refractory least frames from one start to the next
   * @param shortest least frames of a note
   * @param late frame probability that starts a note without a peak; above 1: never
   * @param lateFrames frames in a row that it takes
   */
  record Settings(
      double onset,
      double support,
      double frame,
      int gap,
      int refractory,
      int shortest,
      double late,
      int lateFrames) {}

  private static final long NONE = -1;
  private static final long NEVER = -1000;

  private final Settings settings;
  private final int pitches;
  private final int firstPitch;
  private final double secondsPerFrame;

  /**
   * @param firstPitch MIDI number of pitch 0
   */
  Decoder(Settings settings, int pitches, int firstPitch, double secondsPerFrame) {
    this.settings = settings;
    this.pitches = pitches;
    this.firstPitch = firstPitch;
    this.secondsPerFrame = secondsPerFrame;
  }

  /** Number of a note's pitch, from 0. */
  int pitch(Note note) {
    return note.pitch() - firstPitch;
  }

  /** What one sequence keeps: a fixed number of fields per pitch. */
  static final class State {
    /** Bytes of one pitch in {@link #store}. */
    static final int BYTES_PER_PITCH = 3 * Long.BYTES + 8 * Integer.BYTES;

    private final int pitches;
    private final long[] on; // start frame of the sounding note, or NONE
    private final long[] lastStart;
    private final double[] time; // of the sounding note, in frames
    private final float[] confidence; // of the sounding note
    private final float[] strength; // of the sounding note, 0..1
    private final int[] low; // frames in a row below `frame`
    private final int[] high; // frames in a row at or above `late`
    private final float[] onset1; // onset probability one frame ago
    private final float[] onset2; // and two
    private final float[] frame1;
    private final float[] velocity1;

    State(int pitches) {
      this.pitches = pitches;
      on = new long[pitches];
      lastStart = new long[pitches];
      time = new double[pitches];
      confidence = new float[pitches];
      strength = new float[pitches];
      low = new int[pitches];
      high = new int[pitches];
      onset1 = new float[pitches];
      onset2 = new float[pitches];
      frame1 = new float[pitches];
      velocity1 = new float[pitches];
      reset();
    }

    void reset() {
      Arrays.fill(on, NONE);
      Arrays.fill(lastStart, NEVER);
      Arrays.fill(time, 0);
      Arrays.fill(low, 0);
      Arrays.fill(high, 0);
      for (float[] values :
          new float[][] {confidence, strength, onset1, onset2, frame1, velocity1}) {
        Arrays.fill(values, 0);
      }
    }

    void store(ByteBuffer to) {
      for (int p = 0; p < pitches; p++) {
        to.putLong(on[p]).putLong(lastStart[p]).putDouble(time[p]);
        to.putFloat(confidence[p]).putFloat(strength[p]).putInt(low[p]).putInt(high[p]);
        to.putFloat(onset1[p]).putFloat(onset2[p]).putFloat(frame1[p]).putFloat(velocity1[p]);
      }
    }

    void load(ByteBuffer from) {
      for (int p = 0; p < pitches; p++) {
        on[p] = from.getLong();
        lastStart[p] = from.getLong();
        time[p] = from.getDouble();
        confidence[p] = from.getFloat();
        strength[p] = from.getFloat();
        low[p] = from.getInt();
        high[p] = from.getInt();
        onset1[p] = from.getFloat();
        onset2[p] = from.getFloat();
        frame1[p] = from.getFloat();
        velocity1[p] = from.getFloat();
      }
    }
  }

  /**
   * Decides frame t.
   *
   * @param t number of the frame, counted from 0
   * @param probabilities at {@code offset}: {@code [pitches, 3]} onset, frame, velocity
   * @param notes receives the emitted notes, lower pitches first, an OFF before the ON that caused
   *     it
   */
  void frame(State s, long t, float[] probabilities, int offset, Consumer<Note> notes) {
    for (int p = 0; p < pitches; p++) {
      int at = offset + 3 * p;
      step(s, t, p, probabilities[at], probabilities[at + 1], probabilities[at + 2], false, notes);
    }
  }

  /** Ends a sequence of {@code frames} frames: tells all that is still open, then resets. */
  void flush(State s, long frames, Consumer<Note> notes) {
    for (int p = 0; p < pitches; p++) {
      step(s, frames, p, 0, 0, 0, true, notes);
    }
    s.reset();
  }

  private void step(
      State s, long t, int p, float o, float f, float v, boolean last, Consumer<Note> notes) {
    double one = s.onset1[p];
    double two = s.onset2[p];
    s.high[p] = f >= settings.late ? s.high[p] + 1 : 0;

    long start = NONE;
    double time = 0;
    float confidence = 0;
    float strength = 0;
    if (t >= 1
        && one >= settings.onset
        && one > two
        && one >= o
        && Math.max(f, s.frame1[p]) >= settings.support
        && t - 1 - s.lastStart[p] >= settings.refractory) {
      start = t - 1;
      time = start + vertex(two, one, o);
      confidence = s.onset1[p];
      strength = s.velocity1[p];
    } else if (!last && s.on[p] == NONE && s.high[p] >= settings.lateFrames) {
      start = t - s.high[p] + 1;
      time = start;
      confidence = f;
      strength = v;
    }

    if (start != NONE) {
      if (s.on[p] != NONE) {
        end(s, t, p, Math.max(s.on[p] + settings.shortest, start), notes);
      }
      s.on[p] = start;
      s.lastStart[p] = start;
      s.time[p] = time;
      s.confidence[p] = confidence;
      s.strength[p] = strength;
      s.low[p] = 0;
      notes.accept(note(s, Note.Kind.ON, t, p, -1));
      if (last) {
        end(s, t, p, Math.max(start + settings.shortest, t), notes);
      }
    } else if (s.on[p] != NONE) {
      s.low[p] = f < settings.frame ? s.low[p] + 1 : 0;
      if (s.low[p] >= settings.gap || last) {
        end(s, t, p, Math.max(s.on[p] + settings.shortest, t - s.low[p] + 1), notes);
        s.high[p] = 0;
      }
    }

    s.onset2[p] = s.onset1[p];
    s.onset1[p] = o;
    s.frame1[p] = f;
    s.velocity1[p] = v;
  }

  private void end(State s, long t, int p, long end, Consumer<Note> notes) {
    notes.accept(note(s, Note.Kind.OFF, t, p, end));
    s.on[p] = NONE;
    // What is over leaves no trace: equal situations have equal bytes.
    s.time[p] = 0;
    s.confidence[p] = 0;
    s.strength[p] = 0;
    s.low[p] = 0;
  }

  private Note note(State s, Note.Kind kind, long t, int p, long end) {
    return note(kind, p, s.time[p], end, t, s.confidence[p], s.strength[p]);
  }

  private Note note(
      Note.Kind kind, int p, double time, long end, long t, float confidence, float strength) {
    return new Note(
        kind,
        firstPitch + p,
        time,
        Math.max(0, time) * secondsPerFrame,
        end,
        kind == Note.Kind.ON ? Double.NaN : end * secondsPerFrame,
        t,
        confidence,
        (int) Math.min(127, Math.max(1, Math.rint(127 * (double) strength))),
        Note.Revision.NONE);
  }

  /**
   * Takes back a note that began with a peak at frame {@code start}: an OFF at its onset, in whole
   * frames the next.
   *
   * @param two onset probability of the frame before the peak, then of it, then of the one behind
   * @param strength of the note, 0..1
   * @param t frame after which this is known
   */
  Note retraction(long start, int p, float two, float one, float now, float strength, long t) {
    double time = start + vertex(two, one, now);
    Note off = note(Note.Kind.OFF, p, time, (long) Math.ceil(Math.max(0, time)), t, one, strength);
    return off.revised(Note.Revision.RETRACTED, t);
  }

  /** Of the parabola through a peak and its neighbours, in frames from the peak. */
  private static double vertex(double two, double one, double now) {
    double fraction = 0.5 * (now - two) / Math.max(1e-6, 2 * one - two - now);
    return Math.min(0.5, Math.max(-0.5, fraction));
  }
}
