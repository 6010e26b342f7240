package dev.riffle.music.transcriber;

import java.util.Arrays;
import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;

/**
 * Accuracy of a transcription: an estimated note is correct if a reference note of the same pitch
 * begins within 50 ms of it. A note matches at most one other. Offsets are ignored.
 *
 * <p>This is the usual measure of note transcription (MIREX, "onset only"): distances are rounded
 * to 0.1 ms and may equal the limit, and the matching is the largest possible one.
 *
 * @param reference number of reference notes
 * @param estimated number of estimated notes
 * @param right number of matched notes
 */
public record OnsetScore(int reference, int estimated, int right) {
  private static final double TOLERANCE_SECONDS = 0.05;
  private static final double ROUNDING = 1e4; // per second

  /**
   * The onset of a note.
   *
   * @param seconds time from the start of the sequence
   * @param pitch MIDI note number
   */
  public record Onset(double seconds, int pitch) {}

  /** Compares estimated notes with reference notes, in any order. */
  public static OnsetScore of(Collection<Onset> reference, Collection<Onset> estimated) {
    Map<Integer, double[]> expected = byPitch(reference);
    Map<Integer, double[]> found = byPitch(estimated);
    int right = 0;
    for (Map.Entry<Integer, double[]> entry : expected.entrySet()) {
      right += matches(entry.getValue(), found.getOrDefault(entry.getKey(), new double[0]));
    }
    return new OnsetScore(reference.size(), estimated.size(), right);
  }

  /**
   * Size of the largest matching of two sorted lists. Since all tolerances are equal, matching each
   * note with the first one in reach is optimal.
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

  /** Fraction of the estimated notes that are correct; 0 without notes. */
  public double precision() {
    return right == 0 ? 0 : (double) right / estimated;
  }

  /** Fraction of the reference notes that were found; 0 without notes. */
  public double recall() {
    return right == 0 ? 0 : (double) right / reference;
  }

  /** F1 = 2 P R / (P + R); 0 without correct notes. */
  public double f1() {
    return right == 0 ? 0 : 2 * precision() * recall() / (precision() + recall());
  }
}
