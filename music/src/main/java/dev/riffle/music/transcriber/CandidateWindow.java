package dev.riffle.music.transcriber;

import dev.riffle.models.Settings;
import java.util.Arrays;

/**
 * The input of the second pass for a candidate at frame t and pitch p: for each ratio to the pitch
 * some bins around it, for each bin its values side by side, like real and imaginary part in the
 * windows of MusicNet (docs/second-pass.md, section 2).
 *
 * <pre>
 *   bin(r, j)   = 3 p + 1 + shift_r + j,    pitch(r, j) = p + semitones_r + floor((j + 1) / 3)
 *   x(r, j, .)  = F_0 at t + short_.,  F_1 at t + long_.          spectra of the short and the long window
 *                 onset at t + onset_., frame at t + frame_.      probabilities of the first pass
 * </pre>
 *
 * <p>Out-of-range bins have the value {@code outside}, out-of-range pitches the probability 0.
 *
 * @param shifts bins from the pitch to each ratio
 * @param semitones pitches from the pitch to each ratio
 * @param around bins around a ratio, relative to it
 * @param shortFrames frames of the short window's spectrum, relative to t
 * @param longFrames frames of the long window's spectrum
 * @param onsetFrames frames of the onset probability
 * @param frameFrames frames of the frame probability
 * @param outside value of an out-of-range bin
 */
record CandidateWindow(
    int[] shifts,
    int[] semitones,
    int[] around,
    int[] shortFrames,
    int[] longFrames,
    int[] onsetFrames,
    int[] frameFrames,
    double outside) {

  private static final int BINS_PER_SEMITONE = 3;

  static CandidateWindow of(Settings s) {
    CandidateWindow window =
        new CandidateWindow(
            TranscriberConfig.wholeNumbers(s, "shifts"),
            TranscriberConfig.wholeNumbers(s, "semitones"),
            TranscriberConfig.wholeNumbers(s, "around"),
            TranscriberConfig.wholeNumbers(s, "short_frames"),
            TranscriberConfig.wholeNumbers(s, "long_frames"),
            TranscriberConfig.wholeNumbers(s, "onset_frames"),
            TranscriberConfig.wholeNumbers(s, "frame_frames"),
            s.number("outside"));
    if (window.semitones.length != window.shifts.length) {
      throw s.expected("a list as long as 'shifts'", "semitones");
    }
    return window;
  }

  /** Number of values of a window. */
  int length() {
    int frames = shortFrames.length + longFrames.length + onsetFrames.length + frameFrames.length;
    return shifts.length * around.length * frames;
  }

  /** Number of frames before the candidate that the window reaches. */
  int before() {
    return -Math.min(0, Arrays.stream(frames()).flatMapToInt(Arrays::stream).min().orElse(0));
  }

  /** Number of frames after the candidate that the window reaches. */
  int after() {
    return Math.max(0, Arrays.stream(frames()).flatMapToInt(Arrays::stream).max().orElse(0));
  }

  private int[][] frames() {
    return new int[][] {shortFrames, longFrames, onsetFrames, frameFrames};
  }

  /**
   * Fills the window of a candidate.
   *
   * @param t row of the candidate
   * @param p its pitch, from 0
   * @param x receives {@link #length} values from {@code at} on
   */
  void fill(FrameHistory history, int t, int p, float[] x, int at) {
    FrameLayout layout = history.layout();
    int to = at;
    for (int r = 0; r < shifts.length; r++) {
      for (int j : around) {
        int bin = centreBin(p) + shifts[r] + j;
        boolean binExists = bin >= 0 && bin < layout.bins();
        for (int frame : shortFrames) {
          x[to++] = binExists ? history.shortSpectrum(t + frame, bin) : (float) outside;
        }
        for (int frame : longFrames) {
          x[to++] = binExists ? history.longSpectrum(t + frame, bin) : (float) outside;
        }
        int pitch = p + semitones[r] + Math.floorDiv(j + 1, BINS_PER_SEMITONE);
        boolean pitchExists = pitch >= 0 && pitch < layout.pitches();
        for (int frame : onsetFrames) {
          x[to++] = pitchExists ? history.onset(t + frame, pitch) : 0;
        }
        for (int frame : frameFrames) {
          x[to++] = pitchExists ? history.frame(t + frame, pitch) : 0;
        }
      }
    }
  }

  /** The middle one of a pitch's bins. */
  private static int centreBin(int pitch) {
    return BINS_PER_SEMITONE * pitch + BINS_PER_SEMITONE / 2;
  }
}
