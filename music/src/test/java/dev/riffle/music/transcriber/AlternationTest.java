package dev.riffle.music.transcriber;

import static dev.riffle.music.transcriber.Played.chords;
import static dev.riffle.music.transcriber.Played.play;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.riffle.models.Format;
import dev.riffle.models.Prediction;
import dev.riffle.models.TestBackends;
import dev.riffle.models.weights.ModelDirectory;
import dev.riffle.music.transcriber.Note.Kind;
import dev.riffle.music.transcriber.Note.Revision;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** For each pitch, ON and OFF alternate, in the order of emission and in time. */
class AlternationTest {
  private static final double SECONDS_PER_FRAME = 0.032;
  private static final int FIRST_PITCH = 21;
  private static final int PITCHES = 4;
  private static final Path REPEAT =
      Path.of("../../shared/cases/midi_same_pitch_overlap/repeat.wav");
  private static final int WAV_HEADER = 44;

  private static final ModelDirectory FIRST =
      ModelDirectory.read(Path.of("../demo/models/lru-transcriber/1"));
  private static final ModelDirectory SECOND =
      ModelDirectory.read(Path.of("../demo/models/rse-second-pass/1"));

  @Test
  void anEndIsNotAfterTheOnsetThatCausedIt() {
    // the parabola of the second peak leans ahead of frame 4
    float[] onset = {0, 0.9f, 0, 0.7f, 0.8f, 0};
    List<Note> notes = played(settings(3, 3, 2, 2), onset, 1);
    assertThat(notes.get(1).offsetFrames()).isEqualTo(4);
    assertThat(notes.get(1).offsetSeconds())
        .isEqualTo(notes.get(2).onsetSeconds())
        .isLessThan(4 * SECONDS_PER_FRAME);
  }

  @Test
  void anEndByAShortGapIsNotAfterTheNextOnset() {
    float[] onset = {0, 0.9f, 0, 0, 0.7f, 0.8f, 0};
    float[] frame = {0, 1, 1, 1, 1, 0.4f, 0.4f};
    List<Note> notes = new ArrayList<>();
    Decoder decoder = decoder(settings(1, 1, 6, 2));
    Decoder.State state = new Decoder.State(PITCHES);
    for (int t = 0; t < onset.length; t++) {
      decoder.frame(state, t, frame(onset[t], frame[t]), 0, notes::add);
    }
    decoder.flush(state, onset.length, notes::add);
    assertAlternating(notes);
  }

  @Test
  void aNoteThatSoundsAtTheEndDoesNotOutlastTheSequence() {
    List<Note> notes = played(settings(3, 3, 2, 2), new float[] {0, 0, 0.9f}, 1);
    assertThat(notes.get(1).offsetFrames()).isEqualTo(4);
    assertThat(notes.get(1).offsetSeconds()).isEqualTo(3 * SECONDS_PER_FRAME);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void onAndOffAlternateWhateverTheProbabilitiesAndSettings(long seed) {
    Random random = new Random(seed);
    for (int run = 0; run < 200; run++) {
      double late = random.nextBoolean() ? 2 : 0.6;
      int gap = 1 + random.nextInt(4);
      Decoder.Settings settings = settings(gap, 1 + random.nextInt(4), 1 + random.nextInt(8), late);
      Decoder decoder = decoder(settings);
      Decoder.State state = new Decoder.State(PITCHES);
      List<Note> notes = new ArrayList<>();
      int frames = random.nextInt(120);
      for (int t = 0; t < frames; t++) {
        float[] probabilities = new float[PITCHES * NoteProbabilities.PER_PITCH];
        for (int i = 0; i < probabilities.length; i++) {
          probabilities[i] = random.nextFloat();
        }
        decoder.frame(state, t, probabilities, 0, notes::add);
      }
      decoder.flush(state, frames, notes::add);
      assertAlternating(notes);
      assertThat(notes)
          .allMatch(n -> n.kind() == Kind.ON || n.offsetSeconds() <= frames * SECONDS_PER_FRAME);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void bothPassesAlternate(long seed) {
    float[] sound = chords(new Format(16000, 1), 6, (int) seed);
    for (int i = 48_000; i < sound.length; i++) {
      sound[i] = sound[i % 6_400]; // strikes a chord every 0.4 s
    }
    assertBothPassesAlternate(sound, 16000);
  }

  @Test
  void repeatedNotesOfTheCaseAlternate() throws IOException {
    assumeTrue(Files.exists(REPEAT));
    ByteBuffer wav = ByteBuffer.wrap(Files.readAllBytes(REPEAT)).order(ByteOrder.LITTLE_ENDIAN);
    float[] sound = new float[(wav.capacity() - WAV_HEADER) / Short.BYTES];
    for (int i = 0; i < sound.length; i++) {
      sound[i] = wav.getShort(WAV_HEADER + Short.BYTES * i) / 32768f;
    }
    assertThat(wav.getShort(22)).as("channels").isEqualTo((short) 1);
    assertThat(assertBothPassesAlternate(sound, wav.getInt(24))).isGreaterThan(10);
  }

  /** Returns the number of notes of the first pass. */
  private static int assertBothPassesAlternate(float[] sound, int rate) {
    Transcriber model =
        new Transcriber(FIRST, SECOND, TestBackends.all().findFirst().orElseThrow());
    List<Note> notes =
        play(model.newRunner(), new Format(rate, 1), sound, () -> 4000).notes().stream()
            .map(Prediction::value)
            .filter(note -> note.revision() != Revision.RETRACTED)
            .toList();
    List<Note> preview = notes.stream().filter(n -> n.revision() == Revision.NONE).toList();
    assertAlternating(preview);
    assertAlternating(notes.stream().filter(n -> n.revision() != Revision.NONE).toList());
    return preview.size() / 2;
  }

  private static void assertAlternating(List<Note> notes) {
    for (int pitch : notes.stream().mapToInt(Note::pitch).distinct().toArray()) {
      List<Note> line = notes.stream().filter(n -> n.pitch() == pitch).toList();
      double reached = 0;
      for (int i = 0; i < line.size(); i++) {
        Note note = line.get(i);
        assertThat(note.kind()).isEqualTo(i % 2 == 0 ? Kind.ON : Kind.OFF);
        double time = note.kind() == Kind.ON ? note.onsetSeconds() : note.offsetSeconds();
        assertThat(time).as("%s", line).isGreaterThanOrEqualTo(reached);
        reached = time;
      }
      assertThat(line.size() % 2).isZero();
    }
  }

  private static List<Note> played(Decoder.Settings settings, float[] onset, float sounding) {
    Decoder decoder = decoder(settings);
    Decoder.State state = new Decoder.State(PITCHES);
    List<Note> notes = new ArrayList<>();
    for (int t = 0; t < onset.length; t++) {
      decoder.frame(state, t, frame(onset[t], sounding), 0, notes::add);
    }
    decoder.flush(state, onset.length, notes::add);
    return notes;
  }

  private static Decoder decoder(Decoder.Settings settings) {
    return new Decoder(settings, PITCHES, FIRST_PITCH, SECONDS_PER_FRAME);
  }

  private static Decoder.Settings settings(int gap, int refractory, int shortest, double late) {
    return new Decoder.Settings(0.35, 0.3, 0.5, gap, refractory, shortest, late, 1);
  }

  private static float[] frame(float onset, float frame) {
    float[] probabilities = new float[PITCHES * NoteProbabilities.PER_PITCH];
    probabilities[NoteProbabilities.onset(0)] = onset;
    probabilities[NoteProbabilities.frame(0)] = frame;
    probabilities[NoteProbabilities.velocity(0)] = 0.5f;
    return probabilities;
  }
}
