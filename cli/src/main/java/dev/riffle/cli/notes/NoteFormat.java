package dev.riffle.cli.notes;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Locale;

/** The kinds of file that notes are written to. */
public enum NoteFormat {
  /** A header, then {@code onset_s,offset_s,midi_pitch,velocity,confidence} per note. */
  CSV {
    @Override
    byte[] encode(String source, List<WrittenNote> notes, MidiTiming timing) {
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

  /** A standard MIDI file: {@link MidiFile}. */
  MIDI {
    @Override
    byte[] encode(String source, List<WrittenNote> notes, MidiTiming timing) {
      return new MidiFile(source, notes, PIANO, timing).toBytes();
    }

    @Override
    public int count(List<WrittenNote> notes, MidiTiming timing) {
      return new MidiFile("", notes, PIANO, timing).notes();
    }
  },

  /** One object: {@code {"source": ..., "notes": [{"onset_s": ..., ...}, ...]}}. */
  JSON {
    @Override
    byte[] encode(String source, List<WrittenNote> notes, MidiTiming timing) {
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
  private static final int PIANO = 0;

  /** File name of this format for a stem, such as {@code song.mid}. */
  public String fileName(String stem) {
    return stem + (this == MIDI ? ".mid" : "." + name().toLowerCase(Locale.ROOT));
  }

  /**
   * Writes the notes, sorted by onset; a file of that name is replaced as a whole. A note ends no
   * later than the next one of its pitch begins.
   *
   * @param source what the notes were heard in, for formats that can say so
   * @param timing for formats that count ticks
   */
  public void write(Path to, String source, List<WrittenNote> notes, MidiTiming timing)
      throws IOException {
    Path part = to.resolveSibling(to.getFileName() + ".part");
    Files.write(part, bytes(source, notes, timing));
    Files.move(part, to, StandardCopyOption.REPLACE_EXISTING);
  }

  /** Bytes of the file that {@link #write} writes. */
  public byte[] bytes(String source, List<WrittenNote> notes, MidiTiming timing) {
    return encode(source, WrittenNote.inOrder(notes), timing);
  }

  /** Number of notes in the file: fewer than given if some begin at one tick. */
  public int count(List<WrittenNote> notes, MidiTiming timing) {
    return notes.size();
  }

  abstract byte[] encode(String source, List<WrittenNote> notes, MidiTiming timing);

  private static double rounded(double value, double per) {
    return Math.round(value * per) / per;
  }
}
