package dev.riffle.music.transcriber;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * Turns probabilities into notes: one small state machine per pitch, advanced frame by frame
 * (docs/lru-transcriber.md, section 5). A note is emitted one frame after the peak of its onset.
 * Onsets are between frames and ends are whole frames, so {@link End} limits the seconds of an end:
 * the ON and OFF of a pitch alternate in time, too.
 *
 * <p>Immutable; a sequence has a {@link State}.
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

  /** State of one sequence: a fixed number of fields per pitch. */
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
   * Advances a sequence by one frame.
   *
   * @param t number of the frame, counted from 0
   * @param probabilities at {@code offset}: {@link NoteProbabilities}
   * @param notes receives the notes, lower pitches first, an OFF before the ON that caused it
   */
  void frame(State s, long t, float[] probabilities, int offset, Consumer<Note> notes) {
    for (int p = 0; p < pitches; p++) {
      Frame frame =
          new Frame(
              t,
              probabilities[offset + NoteProbabilities.onset(p)],
              probabilities[offset + NoteProbabilities.frame(p)],
              probabilities[offset + NoteProbabilities.velocity(p)],
              false);
      step(s, p, frame, notes);
    }
  }

  /** Ends a sequence of {@code frames} frames: ends all notes that sound, then resets. */
  void flush(State s, long frames, Consumer<Note> notes) {
    Frame end = new Frame(frames, 0, 0, 0, true);
    for (int p = 0; p < pitches; p++) {
      step(s, p, end, notes);
    }
    s.reset();
  }

  /**
   * What the network predicts for a pitch in a frame.
   *
   * @param t number of the frame
   * @param last true after the last frame
   */
  private record Frame(long t, float onset, float frame, float velocity, boolean last) {}

  /** Onset probabilities of a peak's frame and of its neighbours. */
  record Peak(float before, float at, float after) {
    /** Vertex of the parabola through the three values, in frames from the peak. */
    double vertex() {
      double fraction = 0.5 * ((double) after - before) / Math.max(1e-6, 2.0 * at - before - after);
      return Math.min(0.5, Math.max(-0.5, fraction));
    }
  }

  /**
   * Begin of a note.
   *
   * @param time in frames
   * @param strength from 0 to 1
   */
  private record Onset(double time, float confidence, float strength) {
    /** Onset as it is emitted: not before the sequence begins. */
    double emittedTime() {
      return Math.max(0, time);
    }
  }

  /**
   * End of a note.
   *
   * @param frame the first frame without it
   * @param time in frames; ahead of {@code frame} if the next note of the pitch may begin there
   */
  private record End(long frame, double time) {
    /** An end that is not after {@code latest}, a time in frames. */
    static End notAfter(double latest, long frame) {
      return new End(frame, Math.min((double) frame, latest));
    }
  }

  private void step(State s, int p, Frame now, Consumer<Note> notes) {
    long t = now.t;
    s.high[p] = now.frame >= settings.late ? s.high[p] + 1 : 0;
    if (peaked(s, p, now)) {
      long start = t - 1;
      double time = start + new Peak(s.onset2[p], s.onset1[p], now.onset).vertex();
      begin(s, p, now, start, new Onset(time, s.onset1[p], s.velocity1[p]), notes);
    } else if (!now.last && s.on[p] == NONE && s.high[p] >= settings.lateFrames) {
      long start = t - s.high[p] + 1;
      begin(s, p, now, start, new Onset(start, now.frame, now.velocity), notes);
    } else if (s.on[p] != NONE) {
      s.low[p] = now.frame < settings.frame ? s.low[p] + 1 : 0;
      if (s.low[p] >= settings.gap || now.last) {
        // The next peak is in frame t or later, so its onset is not ahead of t - 1/2.
        double latest = now.last ? (double) t : t - 0.5;
        long end = Math.max(s.on[p] + settings.shortest, t - s.low[p] + 1);
        end(s, t, p, End.notAfter(latest, end), notes);
        s.high[p] = 0;
      }
    }
    s.onset2[p] = s.onset1[p];
    s.onset1[p] = now.onset;
    s.frame1[p] = now.frame;
    s.velocity1[p] = now.velocity;
  }

  /** True if the onset probability had a peak in the frame before this one. */
  private boolean peaked(State s, int p, Frame now) {
    return now.t >= 1
        && s.onset1[p] >= settings.onset
        && s.onset1[p] > s.onset2[p]
        && s.onset1[p] >= now.onset
        && Math.max(now.frame, s.frame1[p]) >= settings.support
        && now.t - 1 - s.lastStart[p] >= settings.refractory;
  }

  private void begin(State s, int p, Frame now, long start, Onset onset, Consumer<Note> notes) {
    if (s.on[p] != NONE) {
      long end = Math.max(s.on[p] + settings.shortest, start);
      end(s, now.t, p, End.notAfter(onset.emittedTime(), end), notes);
    }
    s.on[p] = start;
    s.lastStart[p] = start;
    s.time[p] = onset.time;
    s.confidence[p] = onset.confidence;
    s.strength[p] = onset.strength;
    s.low[p] = 0;
    notes.accept(on(p, onset, now.t));
    if (now.last) {
      long end = Math.max(start + settings.shortest, now.t);
      end(s, now.t, p, End.notAfter((double) now.t, end), notes);
    }
  }

  private void end(State s, long t, int p, End end, Consumer<Note> notes) {
    Onset onset = new Onset(s.time[p], s.confidence[p], s.strength[p]);
    notes.accept(off(p, onset, end, t));
    s.on[p] = NONE;
    // A note that has ended leaves no trace, so that equal situations have equal bytes.
    s.time[p] = 0;
    s.confidence[p] = 0;
    s.strength[p] = 0;
    s.low[p] = 0;
  }

  private Note on(int p, Onset onset, long t) {
    return note(Note.Kind.ON, p, onset, new End(-1, Double.NaN), t);
  }

  private Note off(int p, Onset onset, End end, long t) {
    return note(Note.Kind.OFF, p, onset, end, t);
  }

  private Note note(Note.Kind kind, int p, Onset onset, End end, long t) {
    return new Note(
        kind,
        firstPitch + p,
        onset.time,
        onset.emittedTime() * secondsPerFrame,
        end.frame,
        end.time * secondsPerFrame,
        t,
        onset.confidence,
        (int) Math.min(127, Math.max(1, Math.rint(127 * (double) onset.strength))),
        Note.Revision.NONE);
  }

  /**
   * Retracts a note that began with a peak at frame {@code start}: an OFF at its onset, rounded up
   * to whole frames.
   *
   * @param strength of the note, from 0 to 1
   * @param t frame after which the retraction is known
   */
  Note retraction(long start, int p, Peak peak, float strength, long t) {
    double time = start + peak.vertex();
    Onset onset = new Onset(time, peak.at, strength);
    long end = (long) Math.ceil(onset.emittedTime());
    return off(p, onset, new End(end, end), t).revised(Note.Revision.RETRACTED, t);
  }
}
