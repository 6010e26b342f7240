package dev.riffle.cli.notes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.sound.midi.MidiMessage;
import javax.sound.midi.MidiSystem;
import javax.sound.midi.Sequence;
import javax.sound.midi.ShortMessage;
import javax.sound.midi.Track;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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
    NoteFormat.CSV.write(file, "song.wav", NOTES, MidiTiming.DEFAULT);

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
    NoteFormat.MIDI.write(file, "song.wav", NOTES, MidiTiming.DEFAULT);

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
    NoteFormat.JSON.write(file, "song.wav", NOTES, MidiTiming.DEFAULT);

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
      format.write(
          dir.resolve(format.fileName("empty")), "empty.wav", List.of(), MidiTiming.DEFAULT);
    }
    assertThat(Files.readString(dir.resolve("empty.csv")))
        .isEqualTo("onset_s,offset_s,midi_pitch,velocity,confidence\n");
    assertThat(MidiSystem.getSequence(dir.resolve("empty.mid").toFile()).getTracks()).hasSize(2);
    assertThat(new ObjectMapper().readTree(dir.resolve("empty.json").toFile()).path("notes"))
        .isEmpty();
  }

  @Test
  void noFormatLetsANoteEndAfterTheNextOneOfItsPitchBegins() throws Exception {
    List<WrittenNote> overlapping =
        List.of(
            new WrittenNote(0.6983, 0.8640, 60, 81, 0.5),
            new WrittenNote(0.4903, 0.7040, 60, 86, 0.9),
            new WrittenNote(0.5000, 0.9000, 64, 70, 0.9));

    assertThat(text(NoteFormat.CSV, overlapping))
        .contains("0.4903,0.6983,60,86", "0.5000,0.9000,64,70", "0.6983,0.8640,60,81");
    JsonNode json = new ObjectMapper().readTree(text(NoteFormat.JSON, overlapping));
    assertThat(json.at("/notes/0/offset_s").asDouble()).isEqualTo(0.6983);
    assertThat(json.at("/notes/2/onset_s").asDouble()).isEqualTo(0.6983);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void theNotesOfAPitchFollowEachOtherInCsvAndJson(long seed) throws Exception {
    List<WrittenNote> notes = MidiFileTest.randomNotes(seed);

    Map<Integer, Double> reached = new HashMap<>();
    for (String line : text(NoteFormat.CSV, notes).lines().skip(1).toList()) {
      String[] cells = line.split(",");
      assertFollows(reached, cells[2], Double.parseDouble(cells[0]), Double.parseDouble(cells[1]));
    }
    reached.clear();
    JsonNode root = new ObjectMapper().readTree(text(NoteFormat.JSON, notes));
    assertThat(root.path("notes")).hasSize(notes.size());
    for (JsonNode n : root.path("notes")) {
      double onset = n.path("onset_s").asDouble();
      assertFollows(reached, n.path("midi_pitch").asText(), onset, n.path("offset_s").asDouble());
    }
  }

  private static void assertFollows(
      Map<Integer, Double> reached, String pitch, double onset, double offset) {
    assertThat(onset).isGreaterThanOrEqualTo(reached.getOrDefault(Integer.valueOf(pitch), 0.0));
    assertThat(offset).isGreaterThanOrEqualTo(onset);
    reached.put(Integer.valueOf(pitch), offset);
  }

  private static String text(NoteFormat format, List<WrittenNote> notes) {
    return new String(format.bytes("a.wav", notes, MidiTiming.DEFAULT), StandardCharsets.UTF_8);
  }
}
