package dev.riffle.cli.notes;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A note with its end, as written to an output file.
 *
 * @param onset seconds from the beginning of the sound
 * @param offset seconds from the beginning of the sound, not before {@code onset}
 * @param pitch MIDI note number
 * @param velocity MIDI velocity, 1 to 127
 * @param confidence the model's onset probability, 0 to 1
 */
public record WrittenNote(double onset, double offset, int pitch, int velocity, double confidence) {

  /** The order of a file: by onset, then pitch. */
  public static final Comparator<WrittenNote> ORDER =
      Comparator.comparingDouble(WrittenNote::onset).thenComparingInt(WrittenNote::pitch);

  /**
   * Sorts notes as a file has them. A note that ends after the next one of its pitch begins is
   * shortened to that time.
   */
  public static List<WrittenNote> inOrder(List<WrittenNote> notes) {
    Map<Integer, Double> next = new HashMap<>(); // onset by pitch
    List<WrittenNote> ordered = new ArrayList<>();
    for (WrittenNote note : notes.stream().sorted(ORDER.reversed()).toList()) {
      double latest = next.getOrDefault(note.pitch, Double.POSITIVE_INFINITY);
      ordered.add(note.endingBy(latest));
      next.put(note.pitch, note.onset);
    }
    Collections.reverse(ordered);
    return ordered;
  }

  private WrittenNote endingBy(double latest) {
    return offset <= latest ? this : new WrittenNote(onset, latest, pitch, velocity, confidence);
  }
}
