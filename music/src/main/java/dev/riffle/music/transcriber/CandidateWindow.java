package dev.riffle.music.transcriber;

import dev.riffle.models.Settings;
import java.util.Arrays;

/**
 * What the second pass sees around a candidate for a note at frame t and pitch p: for each ratio to
 * the pitch some bins around it, for each bin its values side by side, as MusicNet's windows have
 * real and imaginary part of a bin (docs/second-pass.md, section 2).
 *
 * <pre>
 *   bin(r, j)   = 3 p + 1 + shift_r + j,    pitch(r, j) = p + semitones_r + floor((j + 1) / 3)
 *   x(r, j, .)  = F_0 at t + short_.,  F_1 at t + long_.          spectra of the short and the long window
 *                 onset at t + onset_., frame at t + frame_.      probabilities of the first pass
 * </pre>
 *
 * <p>Out-of-range bins are {@code outside}; the probability of out-of-range pitches is 0.
 *
 * <p>Frames are rows: {@code [windows, bins]} of the spectrum, then {@code [pitches, 3]}
 * probabilities, then whatever the caller keeps there.
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

  /** Values of a window. */
  int length() {
    int frames = shortFrames.length + longFrames.length + onsetFrames.length + frameFrames.length;
    return shifts.length * around.length * frames;
  }

  /** Frames before the candidate that are seen. */
  int before() {
    return -Math.min(0, Arrays.stream(frames()).flatMapToInt(Arrays::stream).min().orElse(0));
  }

  /** Frames behind the candidate that are seen. */
  int after() {
    return Math.max(0, Arrays.stream(frames()).flatMapToInt(Arrays::stream).max().orElse(0));
  }

  private int[][] frames() {
    return new int[][] {shortFrames, longFrames, onsetFrames, frameFrames};
  }

  /**
   * Fills a window.
   *
   * @param rows frames of this width one behind the other
   * @param t row of the candidate
   * @param p its pitch, from 0
   * @param bins of a spectrum
   * @param pitches of a frame's probabilities
   * @param x receives {@link #length} values from {@code at} on
   */
  void fill(float[] rows, int width, int t, int p, int bins, int pitches, float[] x, int at) {
    int to = at;
    for (int r = 0; r < shifts.length; r++) {
      for (int j : around) {
        int bin = BINS_PER_SEMITONE * p + 1 + shifts[r] + j;
        boolean inside = bin >= 0 && bin < bins;
        for (int frame : shortFrames) {
          x[to++] = inside ? rows[(t + frame) * width + bin] : (float) outside;
        }
        for (int frame : longFrames) {
          x[to++] = inside ? rows[(t + frame) * width + bins + bin] : (float) outside;
        }
        int pitch = p + semitones[r] + Math.floorDiv(j + 1, BINS_PER_SEMITONE);
        boolean key = pitch >= 0 && pitch < pitches;
        int probabilities = 2 * bins + 3 * pitch;
        for (int frame : onsetFrames) {
          x[to++] = key ? rows[(t + frame) * width + probabilities] : 0;
        }
        for (int frame : frameFrames) {
          x[to++] = key ? rows[(t + frame) * width + probabilities + 1] : 0;
        }
      }
    }
  }
}
