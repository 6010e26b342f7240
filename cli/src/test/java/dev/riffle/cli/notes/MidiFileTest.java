package dev.riffle.cli.notes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayInputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import javax.sound.midi.MidiEvent;
import javax.sound.midi.MidiSystem;
import javax.sound.midi.Sequence;
import javax.sound.midi.ShortMessage;
import javax.sound.midi.Track;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;

class MidiFileTest {
  private static final Path CASE =
      Path.of("../../shared/cases/midi_same_pitch_overlap/repeat.wav.csv");
  private static final WrittenNote A = new WrittenNote(0.26, 0.49, 69, 80, 0.9);

  /** A note as a reader of the file finds it. */
  private record ReadNote(int pitch, int velocity, long on, long off) {}

  @Test
  void theBytesAreAHeaderOfFormat1ATempoTrackAndATrackOfNotes() {
    byte[] bytes = new MidiFile("song.wav", List.of(A), 0, MidiTiming.of(96)).toBytes();
    ByteBuffer file = ByteBuffer.wrap(bytes);
    assertThat(text(file, 4)).isEqualTo("MThd");
    assertThat(file.getInt()).isEqualTo(6);
    assertThat(file.getShort()).as("format").isEqualTo((short) 1);
    assertThat(file.getShort()).as("tracks").isEqualTo((short) 2);
    assertThat(file.getShort()).as("ticks per quarter").isEqualTo((short) 960);
    // 625,000 us per quarter note = 0x09 89 68
    assertThat(track(file))
        .containsExactly(
            0, 0xFF, 0x58, 4, 4, 2, 24, 8, //
            0, 0xFF, 0x51, 3, 0x09, 0x89, 0x68, //
            0, 0xFF, 0x2F, 0);
    // ticks: 0.26 s = 399 = 0x83 0x0F, 0.49 s = 753, 353.3 later = 0x82 0x62
    assertThat(track(file))
        .containsExactly(
            0, 0xFF, 0x03, 8, 's', 'o', 'n', 'g', '.', 'w', 'a', 'v', //
            0, 0xC0, 0, //
            0x83, 0x0F, 0x90, 69, 80, //
            0x82, 0x62, 0x80, 69, 0, //
            0, 0xFF, 0x2F, 0);
    assertThat(file.hasRemaining()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(doubles = {4, 60, 96.5, 120, 137, 1000})
  void theTempoDoesNotMoveNotes(double bpm) throws Exception {
    Sequence read = read(List.of(A), MidiTiming.of(bpm));
    ReadNote note = notes(read).get(0);
    double tick = tempo(read) / 1e6 / read.getResolution();
    assertThat(tempo(read)).isEqualTo((int) Math.round(60e6 / bpm));
    assertThat(note.on * tick).isEqualTo(A.onset(), within(tick));
    assertThat(note.off * tick).isEqualTo(A.offset(), within(tick));
  }

  @ParameterizedTest
  @CsvSource({"4, 960, 1920", "8, 480, 960", "16, 480, 960", "24, 480, 960", "128, 510, 930"})
  void aGridMovesStartsAndEnds(int division, long on, long off) throws Exception {
    MidiTiming timing = MidiTiming.of(120).withGrid(division);
    long grid = 3840 / division;
    ReadNote note = notes(read(List.of(A), timing)).get(0);
    assertThat(note.on % grid).isZero();
    assertThat(note.off % grid).isZero();
    assertThat(note.off - note.on).isGreaterThanOrEqualTo(grid);
    assertThat(List.of(note.on, note.off)).containsExactly(on, off);
  }

  @Test
  void notesOfAPitchOnOneGridLineAreOne() throws Exception {
    List<WrittenNote> notes =
        List.of(
            new WrittenNote(0.00, 0.10, 60, 50, 1),
            new WrittenNote(0.11, 0.20, 60, 90, 1), // also nearest to 0
            new WrittenNote(0.12, 0.20, 64, 90, 1),
            new WrittenNote(0.50, 0.60, 60, 70, 1));
    MidiTiming timing = MidiTiming.DEFAULT.withGrid(4);
    assertThat(new MidiFile("", notes, 0, timing).notes()).isEqualTo(3);
    assertThat(notes(read(notes, timing)))
        .containsExactlyInAnyOrder(
            new ReadNote(60, 90, 0, 960),
            new ReadNote(64, 90, 0, 960),
            new ReadNote(60, 70, 960, 1920));
    assertThat(NoteFormat.MIDI.count(notes, timing)).isEqualTo(3);
    assertThat(NoteFormat.CSV.count(notes, timing)).isEqualTo(4);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void onAndOffOfAPitchAlternateInEveryTempoAndGrid(long seed) throws Exception {
    List<WrittenNote> notes = randomNotes(seed);
    for (double bpm : new double[] {4, 77, 120, 1000}) {
      MidiTiming tempo = MidiTiming.of(bpm);
      for (MidiTiming timing :
          List.of(tempo, tempo.withGrid(1), tempo.withGrid(16), tempo.withGrid(24))) {
        assertThat(notes(read(notes, timing))) // fails if they do not alternate
            .hasSize(new MidiFile("", notes, 0, timing).notes());
      }
    }
  }

  @Test
  void notesOfTheCaseAlternate() throws Exception {
    assumeTrue(Files.exists(CASE));
    List<WrittenNote> notes = new ArrayList<>();
    for (String line : Files.readAllLines(CASE).subList(1, 20)) {
      String[] c = line.split(",");
      notes.add(
          new WrittenNote(
              Double.parseDouble(c[0]),
              Double.parseDouble(c[1]),
              Integer.parseInt(c[2]),
              Integer.parseInt(c[3]),
              Double.parseDouble(c[4])));
    }
    assertThat(notes(read(notes, MidiTiming.DEFAULT))).hasSize(19);
  }

  @Test
  void theOptionsAreReadAndRefusedWithWhatWasFound() {
    Flagged flagged = new Flagged();
    new CommandLine(flagged).parseArgs();
    assertThat(flagged.flags.timing()).isEqualTo(MidiTiming.DEFAULT);
    new CommandLine(flagged).parseArgs("--bpm", "90", "--quantize", "1/24");
    assertThat(flagged.flags.timing()).isEqualTo(MidiTiming.of(90).withGrid(24));
    for (String bpm : List.of("0", "3.9", "1001", "NaN", "fast")) {
      assertRefused("4 to 1000 quarter notes per minute, found '" + bpm + "'", "--bpm", bpm);
    }
    for (String grid : List.of("16", "1/0", "1/7", "2/4", "1/256", "1/16T", "")) {
      assertRefused("1/N with N = 1, 2, 4, 8", "--quantize", grid);
    }
  }

  private static void assertRefused(String message, String... arguments) {
    assertThatThrownBy(() -> new CommandLine(new Flagged()).parseArgs(arguments))
        .isInstanceOf(CommandLine.ParameterException.class)
        .hasMessageContaining(message);
  }

  @CommandLine.Command
  private static final class Flagged {
    @Mixin MidiFlags flags;
  }

  /** Notes of few pitches that overlap, touch, and begin together, in no order. */
  static List<WrittenNote> randomNotes(long seed) {
    Random random = new Random(seed);
    List<WrittenNote> notes = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      double onset = random.nextInt(4) == 0 ? random.nextInt(40) * 0.25 : random.nextDouble() * 10;
      double offset = onset + random.nextInt(3) * random.nextDouble();
      notes.add(new WrittenNote(onset, offset, 60 + random.nextInt(3), 1 + i % 127, 0.5));
    }
    return notes;
  }

  private static Sequence read(List<WrittenNote> notes, MidiTiming timing) throws Exception {
    byte[] bytes = new MidiFile("a.wav", notes, 0, timing).toBytes();
    assertThat(MidiSystem.getMidiFileFormat(new ByteArrayInputStream(bytes)).getType())
        .isEqualTo(1);
    return MidiSystem.getSequence(new ByteArrayInputStream(bytes));
  }

  private static int tempo(Sequence sequence) {
    byte[] message = sequence.getTracks()[0].get(1).getMessage().getMessage();
    assertThat(message[1]).isEqualTo((byte) 0x51);
    return ByteBuffer.wrap(message).getInt(2) & 0xFF_FFFF;
  }

  /** Pairs NOTE_ON and NOTE_OFF of each pitch, in the order of the file. */
  private static List<ReadNote> notes(Sequence sequence) {
    List<ReadNote> notes = new ArrayList<>();
    Map<Integer, ReadNote> sounding = new HashMap<>();
    Track track = sequence.getTracks()[1];
    for (int i = 0; i < track.size(); i++) {
      MidiEvent event = track.get(i);
      if (!(event.getMessage() instanceof ShortMessage m)
          || m.getCommand() == ShortMessage.PROGRAM_CHANGE) {
        continue;
      }
      int pitch = m.getData1();
      if (m.getCommand() == ShortMessage.NOTE_ON) {
        ReadNote on = new ReadNote(pitch, m.getData2(), event.getTick(), -1);
        assertThat(sounding.put(pitch, on)).as("the former note of pitch %d", pitch).isNull();
      } else {
        ReadNote on = sounding.remove(pitch);
        assertThat(on).as("a note of pitch %d that sounds", pitch).isNotNull();
        assertThat(event.getTick()).isGreaterThan(on.on);
        notes.add(new ReadNote(pitch, on.velocity, on.on, event.getTick()));
      }
    }
    assertThat(sounding).isEmpty();
    return notes;
  }

  private static int[] track(ByteBuffer file) {
    assertThat(text(file, 4)).isEqualTo("MTrk");
    int[] bytes = new int[file.getInt()];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = file.get() & 0xFF;
    }
    return bytes;
  }

  private static String text(ByteBuffer file, int length) {
    byte[] bytes = new byte[length];
    file.get(bytes);
    return new String(bytes, StandardCharsets.US_ASCII);
  }
}
