package dev.riffle.cli.notes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.sound.midi.MidiMessage;
import javax.sound.midi.MidiSystem;
import javax.sound.midi.Sequence;
import javax.sound.midi.ShortMessage;
import javax.sound.midi.Track;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NoteFormatTest {
  @TempDir Path dir;

  private static final List<WrittenNote> NOTES =
      List.of(
          new WrittenNote(1.5, 2.0, 64, 90, 0.75),
          new WrittenNote(0.03125, 1.5, 60, 100, 0.98765),
          new WrittenNote(2.0, 2.5, 64, 1, 0.5));

  @Test
  void aCsvHasAHeaderAndALinePerNoteSortedByOnset() throws Exception {
    Path file = dir.resolve(NoteFormat.CSV.fileName("song"));
    NoteFormat.CSV.write(file, "song.wav", NOTES);

    assertThat(file.getFileName().toString()).isEqualTo("song.csv");
    assertThat(Files.readString(file))
        .isEqualTo(
            """
            onset_s,offset_s,midi_pitch,velocity,confidence
            0.0313,1.5000,60,100,0.988
            1.5000,2.0000,64,90,0.750
            2.0000,2.5000,64,1,0.500
            """);
  }

  @Test
  void aMidiFileHoldsTheNotesAtTheirSeconds() throws Exception {
    Path file = dir.resolve(NoteFormat.MIDI.fileName("song"));
    NoteFormat.MIDI.write(file, "song.wav", NOTES);

    assertThat(file.getFileName().toString()).isEqualTo("song.mid");
    Sequence read = MidiSystem.getSequence(file.toFile());
    double secondsPerTick = 0.5 / read.getResolution(); // 120 quarter notes a minute
    assertThat(read.getMicrosecondLength()).isEqualTo(2_500_000);
    List<String> events = new ArrayList<>();
    for (Track track : read.getTracks()) {
      for (int i = 0; i < track.size(); i++) {
        MidiMessage message = track.get(i).getMessage();
        if (message instanceof ShortMessage m && m.getCommand() != ShortMessage.PROGRAM_CHANGE) {
          double seconds = track.get(i).getTick() * secondsPerTick;
          boolean on = m.getCommand() == ShortMessage.NOTE_ON;
          events.add((on ? "on " : "off ") + m.getData1() + " at " + seconds);
        }
      }
    }
    assertThat(events)
        .containsExactly(
            "on 60 at 0.03125",
            "off 60 at 1.5",
            "on 64 at 1.5",
            "off 64 at 2.0",
            "on 64 at 2.0",
            "off 64 at 2.5");
  }

  @Test
  void aJsonFileNamesItsSourceAndItsNotes() throws Exception {
    Path file = dir.resolve(NoteFormat.JSON.fileName("song"));
    NoteFormat.JSON.write(file, "song.wav", NOTES);

    JsonNode root = new ObjectMapper().readTree(file.toFile());
    assertThat(root.path("source").asText()).isEqualTo("song.wav");
    assertThat(root.path("notes")).hasSize(3);
    assertThat(root.at("/notes/1/midi_pitch").asInt()).isEqualTo(64);
    assertThat(root.at("/notes/1/offset_s").asDouble()).isEqualTo(2.0, within(1e-9));
    assertThat(root.at("/notes/0/confidence").asDouble()).isEqualTo(0.988, within(1e-9));
  }

  @Test
  void noNotesAreAValidFileOfEachKind() throws Exception {
    for (NoteFormat format : NoteFormat.values()) {
      format.write(dir.resolve(format.fileName("empty")), "empty.wav", List.of());
    }
    assertThat(Files.readString(dir.resolve("empty.csv")))
        .isEqualTo("onset_s,offset_s,midi_pitch,velocity,confidence\n");
    assertThat(MidiSystem.getSequence(dir.resolve("empty.mid").toFile()).getTracks()).hasSize(1);
    assertThat(new ObjectMapper().readTree(dir.resolve("empty.json").toFile()).path("notes"))
        .isEmpty();
  }
}
