package dev.riffle.music.transcriber;

import java.util.Arrays;
import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;

/**
 * How well notes were found: an estimated note is right when a reference note of its pitch begins
 * within 50 ms of it, and each note answers for one other at most. Offsets do not count.
 *
 * <p>The usual measure of note transcription (MIREX, "onset only"): distances are rounded to 0.1 ms
 * and may equal the limit, and the number of right notes is the largest possible one.
 *
 * @param reference number of notes that are there
 * @param estimated number of estimated notes
 * @param right number of notes matched
 */
public record OnsetScore(int reference, int estimated, int right) {
  private static final double TOLERANCE_SECONDS = 0.05;
  private static final double ROUNDING = 1e4; // per second

  /**
   * Where a note begins.
   *
   * @param seconds time
   * @param pitch MIDI note number
   */
  public record Onset(double seconds, int pitch) {}

  /** Compares estimated notes with those of a reference, in any order. */
  public static OnsetScore of(Collection<Onset> reference, Collection<Onset> estimated) {
    Map<Integer, double[]> wanted = byPitch(reference);
    Map<Integer, double[]> told = byPitch(estimated);
    int right = 0;
    for (Map.Entry<Integer, double[]> entry : wanted.entrySet()) {
      right += matches(entry.getValue(), told.getOrDefault(entry.getKey(), new double[0]));
    }
    return new OnsetScore(reference.size(), estimated.size(), right);
  }

  /**
   * Size of the largest matching of two sorted lists. All tolerances are equal, so whatever the
   * earlier note of a pair cannot reach no later one can: taking the first that fits loses nothing.
   */
  private static int matches(double[] reference, double[] estimated) {
    int found = 0;
    int r = 0;
    int e = 0;
    while (r < reference.length && e < estimated.length) {
      if (near(reference[r], estimated[e])) {
        found++;
        r++;
        e++;
      } else if (reference[r] < estimated[e]) {
        r++;
      } else {
        e++;
      }
    }
    return found;
  }

  private static boolean near(double a, double b) {
    return Math.rint(Math.abs(a - b) * ROUNDING) / ROUNDING <= TOLERANCE_SECONDS;
  }

  private static Map<Integer, double[]> byPitch(Collection<Onset> onsets) {
    Map<Integer, double[]> sorted = new TreeMap<>();
    for (Onset onset : onsets) {
      double[] old = sorted.getOrDefault(onset.pitch, new double[0]);
      double[] grown = Arrays.copyOf(old, old.length + 1);
      grown[old.length] = onset.seconds;
      sorted.put(onset.pitch, grown);
    }
    sorted.values().forEach(Arrays::sort);
    return sorted;
  }

  /** Share of the estimated notes that are right; 0 without estimated or reference notes. */
  public double precision() {
    return right == 0 ? 0 : (double) right / estimated;
  }

  /** Share of the reference notes that were found; 0 without estimated or reference notes. */
  public double recall() {
    return right == 0 ? 0 : (double) right / reference;
  }

  /** F1 = 2 P R / (P + R); 0 when nothing is right. */
  public double f1() {
    return right == 0 ? 0 : 2 * precision() * recall() / (precision() + recall());
  }
}
