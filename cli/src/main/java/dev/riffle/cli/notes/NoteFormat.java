package dev.riffle.cli.notes;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import javax.sound.midi.InvalidMidiDataException;
import javax.sound.midi.MetaMessage;
import javax.sound.midi.MidiEvent;
import javax.sound.midi.MidiSystem;
import javax.sound.midi.Sequence;
import javax.sound.midi.ShortMessage;
import javax.sound.midi.Track;

/** The kinds of file that notes are written to. */
public enum NoteFormat {
  /** A header, then {@code onset_s,offset_s,midi_pitch,velocity,confidence} per note. */
  CSV {
    @Override
    byte[] encode(String source, List<WrittenNote> notes) {
      StringBuilder out = new StringBuilder("onset_s,offset_s,midi_pitch,velocity,confidence\n");
      for (WrittenNote n : notes) {
        out.append(
            String.format(
                Locale.ROOT,
                "%.4f,%.4f,%d,%d,%.3f%n",
                n.onset(),
                n.offset(),
                n.pitch(),
                n.velocity(),
                n.confidence()));
      }
      return out.toString().replace(System.lineSeparator(), "\n").getBytes(StandardCharsets.UTF_8);
    }
  },

  /** A standard MIDI file of one track, 120 quarter notes a minute, 1920 ticks a second. */
  MIDI {
    @Override
    byte[] encode(String source, List<WrittenNote> notes) {
      try {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        MidiSystem.write(sequence(source, notes, 0), 0, out);
        return out.toByteArray();
      } catch (InvalidMidiDataException | IOException e) {
        throw new IllegalStateException("These notes make no MIDI file: " + e.getMessage(), e);
      }
    }
  },

  /** One object: {@code {"source": ..., "notes": [{"onset_s": ..., ...}, ...]}}. */
  JSON {
    @Override
    byte[] encode(String source, List<WrittenNote> notes) {
      ObjectNode root = MAPPER.createObjectNode().put("source", source);
      var array = root.putArray("notes");
      for (WrittenNote n : notes) {
        array
            .addObject()
            .put("onset_s", rounded(n.onset(), 1e4))
            .put("offset_s", rounded(n.offset(), 1e4))
            .put("midi_pitch", n.pitch())
            .put("velocity", n.velocity())
            .put("confidence", rounded(n.confidence(), 1e3));
      }
      return (root.toPrettyString() + "\n").getBytes(StandardCharsets.UTF_8);
    }
  };

  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final int TICKS_PER_QUARTER = 960;
  private static final int MICROS_PER_QUARTER = 500_000;

  /** File name of this format for a stem, such as {@code song.mid}. */
  public String fileName(String stem) {
    return stem + (this == MIDI ? ".mid" : "." + name().toLowerCase(Locale.ROOT));
  }

  /**
   * Writes the notes, sorted by onset; a file of that name is replaced as a whole.
   *
   * @param source what the notes were heard in, for formats that can say so
   */
  public void write(Path to, String source, List<WrittenNote> notes) throws IOException {
    List<WrittenNote> sorted = notes.stream().sorted(WrittenNote.ORDER).toList();
    Path part = to.resolveSibling(to.getFileName() + ".part");
    Files.write(part, encode(source, sorted));
    Files.move(part, to, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
  }

  abstract byte[] encode(String source, List<WrittenNote> notes);

  /**
   * Notes as a MIDI sequence of one track.
   *
   * @param program General MIDI instrument, 0 to 127
   */
  public static Sequence sequence(String name, List<WrittenNote> notes, int program)
      throws InvalidMidiDataException {
    Sequence sequence = new Sequence(Sequence.PPQ, TICKS_PER_QUARTER);
    Track track = sequence.createTrack();
    byte[] title = name.getBytes(StandardCharsets.UTF_8);
    track.add(new MidiEvent(new MetaMessage(0x03, title, title.length), 0));
    byte[] tempo = {
      (byte) (MICROS_PER_QUARTER >> 16), (byte) (MICROS_PER_QUARTER >> 8), (byte) MICROS_PER_QUARTER
    };
    track.add(new MidiEvent(new MetaMessage(0x51, tempo, 3), 0));
    track.add(new MidiEvent(new ShortMessage(ShortMessage.PROGRAM_CHANGE, 0, program, 0), 0));
    // Ends are added first: at one tick, an end precedes the beginning of the same pitch.
    for (WrittenNote n : notes) {
      long off = Math.max(ticks(n.onset()) + 1, ticks(n.offset()));
      track.add(new MidiEvent(new ShortMessage(ShortMessage.NOTE_OFF, 0, n.pitch(), 0), off));
    }
    for (WrittenNote n : notes) {
      track.add(
          new MidiEvent(
              new ShortMessage(ShortMessage.NOTE_ON, 0, n.pitch(), n.velocity()),
              ticks(n.onset())));
    }
    return sequence;
  }

  private static long ticks(double seconds) {
    return Math.round(seconds * TICKS_PER_QUARTER * 1e6 / MICROS_PER_QUARTER);
  }

  private static double rounded(double value, double per) {
    return Math.round(value * per) / per;
  }
}
