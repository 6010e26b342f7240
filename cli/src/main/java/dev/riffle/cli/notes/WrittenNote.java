package dev.riffle.cli.notes;

import java.util.Comparator;

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
}
