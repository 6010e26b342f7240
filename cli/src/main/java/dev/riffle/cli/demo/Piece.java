package dev.riffle.cli.demo;

import dev.riffle.cli.notes.WrittenNote;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;

/**
 * A small piece for two hands: a melody over broken and held chords, the same for the same seed.
 *
 * @param seed what it was made from
 * @param key in words, such as {@code D major}
 * @param notes its score, sorted by onset
 */
public record Piece(long seed, String key, List<WrittenNote> notes) {
  private static final double BEAT = 60 / 92.0; // s
  private static final int[] MAJOR = {0, 2, 4, 5, 7, 9, 11};
  private static final int[] MINOR = {0, 2, 3, 5, 7, 8, 10};
  private static final String[] NAMES = {
    "C", "C sharp", "D", "E flat", "E", "F", "F sharp", "G", "A flat", "A", "B flat", "B"
  };
  // Degrees of the scale on which the chords of four bars stand.
  private static final int[][] TURNS = {{0, 5, 3, 4}, {0, 3, 4, 0}, {5, 3, 0, 4}, {0, 4, 5, 3}};
  // Lengths in beats of the melody notes of one bar.
  private static final double[][] RHYTHMS = {
    {1, 1, 1, 1}, {1.5, .5, 1, 1}, {1, .5, .5, 2}, {2, 1, 1}, {.5, .5, 1, .5, .5, 1}
  };

  /** Composes about this many seconds, in whole bars of 2.6 s, at least two. */
  public static Piece compose(long seed, double seconds) {
    Random random = new Random(seed);
    int tonic = random.nextInt(12);
    boolean minor = random.nextInt(3) == 0;
    int[] scale = minor ? MINOR : MAJOR;
    int bars = Math.max(2, (int) Math.round(seconds / (4 * BEAT)));
    int[] turn = TURNS[random.nextInt(TURNS.length)];
    List<WrittenNote> notes = new ArrayList<>();
    int step =
        7 + random.nextInt(5); // the melody's place in the scale, from the tonic above middle C
    for (int bar = 0; bar < bars; bar++) {
      double start = 0.25 + bar * 4 * BEAT;
      boolean last = bar == bars - 1;
      int degree = last ? 0 : turn[bar % turn.length];
      leftHand(notes, start, tonic, scale, degree, bar % 2 == 1, last);
      double beat = 0;
      double[] rhythm = last ? new double[] {4} : RHYTHMS[random.nextInt(RHYTHMS.length)];
      for (int i = 0; i < rhythm.length; i++) {
        // The first note of a bar is a chord tone, the others walk by step or third.
        step = i == 0 ? nearestChordTone(step, degree) : walk(step, random);
        double onset = start + beat * BEAT;
        int velocity = 84 + random.nextInt(20);
        add(notes, onset, rhythm[i] * BEAT * 0.92, pitch(tonic + 60, scale, step), velocity);
        beat += rhythm[i];
      }
    }
    notes.sort(WrittenNote.ORDER);
    return new Piece(seed, NAMES[tonic] + (minor ? " minor" : " major"), List.copyOf(notes));
  }

  /** Seconds until its last note has ended. */
  public double seconds() {
    return notes.stream()
        .max(Comparator.comparingDouble(WrittenNote::offset))
        .orElseThrow()
        .offset();
  }

  /** Bass and chord of one bar: broken in quavers, or held. */
  private static void leftHand(
      List<WrittenNote> notes,
      double start,
      int tonic,
      int[] scale,
      int degree,
      boolean broken,
      boolean last) {
    int base = tonic > 6 ? tonic + 36 : tonic + 48;
    int[] chord = {degree, degree + 2, degree + 4};
    if (last || !broken) {
      double length = (last ? 4 : 2) * BEAT * 0.92;
      for (int half = 0; half < (last ? 1 : 2); half++) {
        for (int tone : chord) {
          add(notes, start + half * 2 * BEAT, length, pitch(base, scale, tone), 66);
        }
      }
      return;
    }
    int[] order = {0, 2, 1, 2, 0, 2, 1, 2};
    for (int i = 0; i < order.length; i++) {
      double onset = start + i * BEAT / 2;
      add(notes, onset, BEAT * 0.46, pitch(base, scale, chord[order[i]]), 70);
    }
  }

  private static int nearestChordTone(int step, int degree) {
    for (int away = 0; ; away++) {
      for (int candidate : new int[] {step - away, step + away}) {
        int tone = Math.floorMod(candidate - degree, 7);
        if (candidate >= 5 && candidate <= 14 && (tone == 0 || tone == 2 || tone == 4)) {
          return candidate;
        }
      }
    }
  }

  private static int walk(int step, Random random) {
    int[] moves = {-2, -1, -1, 1, 1, 2};
    int next = step + moves[random.nextInt(moves.length)];
    return next < 5 ? next + 3 : next > 14 ? next - 3 : next;
  }

  private static int pitch(int base, int[] scale, int step) {
    return base + 12 * Math.floorDiv(step, 7) + scale[Math.floorMod(step, 7)];
  }

  private static void add(
      List<WrittenNote> notes, double onset, double length, int pitch, int velocity) {
    boolean taken =
        notes.stream()
            .anyMatch(n -> n.pitch() == pitch && n.onset() < onset + length && onset < n.offset());
    if (!taken) { // one key of one piano cannot be struck while it is held
      notes.add(new WrittenNote(onset, onset + length, pitch, velocity, 1));
    }
  }
}
