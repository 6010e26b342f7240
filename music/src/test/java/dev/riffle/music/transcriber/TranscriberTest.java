package dev.riffle.music.transcriber;

import static dev.riffle.music.transcriber.Played.chords;
import static dev.riffle.music.transcriber.Played.play;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.riffle.kernels.Backends;
import dev.riffle.kernels.FragileDevice;
import dev.riffle.kernels.Kernels;
import dev.riffle.models.BatchItem;
import dev.riffle.models.Format;
import dev.riffle.models.InputException;
import dev.riffle.models.Prediction;
import dev.riffle.models.StateException;
import dev.riffle.models.StreamRunner;
import dev.riffle.models.TestBackends;
import dev.riffle.models.families.Families;
import dev.riffle.models.weights.ModelDirectory;
import dev.riffle.music.signal.Resampler;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class TranscriberTest {
  private static final Path DIRECTORY = Path.of("../demo/models/lru-transcriber/1");
  private static final ModelDirectory MODEL = ModelDirectory.read(DIRECTORY);
  private static final Kernels FAST = TestBackends.all().findFirst().orElseThrow();
  private static final Format MONO = new Format(16000, 1);

  // --------------------------------------------------------------- device

  @Test
  void aWarmUpComputesOnTheDevice() {
    FragileDevice device = new FragileDevice(Backends.find("cpu"));
    StreamRunner<Note> runner = Families.load(MODEL, device.kernels(), Note.class).newRunner();
    runner.warmUp(1);
    int before = device.calls();
    runner.warmUp(1);
    assertThat(device.calls() - before).isGreaterThan(10);
  }

  // --------------------------------------------------------------- chunking

  @ParameterizedTest
  @MethodSource("dev.riffle.models.TestBackends#all")
  void anyChunkingTellsTheSameNotesAndLeavesTheSameBytes(Kernels kernels) {
    Random random = new Random(1);
    for (Format format : List.of(MONO, new Format(44100, 2), new Format(8000, 1))) {
      StreamRunner<Note> runner = new Transcriber(MODEL, kernels).newRunner();
      float[] sound = chords(format, 1.5, 1);
      Played whole = play(runner, format, sound, () -> sound.length);
      Played frames = play(runner, format, sound, () -> 512);
      Played some = play(runner, format, sound, () -> random.nextInt(3000));
      assertThat(whole.notes()).hasSizeGreaterThan(5);
      assertThat(frames).isEqualTo(whole);
      assertThat(some).isEqualTo(whole);
    }
  }

  @ParameterizedTest
  @MethodSource("dev.riffle.models.TestBackends#all")
  void oneSampleAtATimeTellsTheSame(Kernels kernels) {
    StreamRunner<Note> runner = new Transcriber(MODEL, kernels).newRunner();
    float[] sound = chords(MONO, 0.7, 1);
    Played whole = play(runner, MONO, sound, () -> sound.length);
    assertThat(whole.notes()).isNotEmpty();
    assertThat(play(runner, MONO, sound, () -> 1)).isEqualTo(whole);
  }

  @ParameterizedTest
  @MethodSource("dev.riffle.models.TestBackends#all")
  void aBatchEqualsItsRowsWhateverTheInterleaving(Kernels kernels) {
    Transcriber transcriber = new Transcriber(MODEL, kernels);
    Random random = new Random(2);
    for (int keys :
        kernels.name().equals("reference") ? new int[] {2, 7} : new int[] {1, 2, 7, 64}) {
      List<Played.Key> batch = new ArrayList<>();
      for (int k = 0; k < keys; k++) {
        Format format = k % 3 == 2 ? new Format(22050, 2) : MONO;
        batch.add(new Played.Key(format, chords(format, 0.6, k)));
      }
      StreamRunner<Note> together = transcriber.newRunner();
      batch.forEach(key -> key.begin(together));
      while (batch.stream().anyMatch(key -> key.left() > 0)) {
        List<Played.Key> some = new ArrayList<>(batch);
        Collections.shuffle(some, random);
        some = some.subList(0, 1 + random.nextInt(keys));
        List<BatchItem<Note>> rows = new ArrayList<>();
        for (Played.Key key : some) {
          rows.add(key.row(Math.min(key.left(), random.nextInt(5) * random.nextInt(900))));
        }
        together.advance(rows);
        for (int i = 0; i < rows.size(); i++) {
          some.get(i).take(rows.get(i));
        }
      }
      List<byte[]> states = batch.stream().map(key -> key.state).toList();
      List<BatchItem<Note>> ends = batch.stream().map(key -> key.row(0)).toList();
      together.finish(ends);
      for (int k = 0; k < keys; k++) {
        Played.Key key = batch.get(k);
        key.take(ends.get(k));
        Played alone = play(transcriber.newRunner(), key.format, key.sound, () -> key.sound.length);
        assertThat(key.notes).as("key %d of %d", k, keys).isEqualTo(alone.notes());
        assertThat(ByteBuffer.wrap(states.get(k))).isEqualTo(alone.state());
      }
    }
  }

  // -------------------------------------------------------------- positions

  @ParameterizedTest
  @ValueSource(ints = {8000, 16000, 22050, 44100, 48000})
  void aNoteIsReportedByTheSampleThatItsPositionNamesAndNoneBefore(int rate) {
    Format format = new Format(rate, 1);
    StreamRunner<Note> runner = transcriber().newRunner();
    float[] sound = chords(format, 1.0, 3);
    Played whole = play(runner, format, sound, () -> sound.length);
    Prediction<Note> first = whole.notes().get(0);
    assertThat(first.value().kind()).isEqualTo(Note.Kind.ON);
    assertThat(first.position()).isLessThan(sound.length);

    Played.Key key = new Played.Key(format, sound);
    key.begin(runner);
    BatchItem<Note> before = key.row((int) first.position() - 1);
    runner.advance(List.of(before));
    key.take(before);
    assertThat(key.notes).isEmpty();
    BatchItem<Note> then = key.row(1);
    runner.advance(List.of(then));
    assertThat(then.predictions).contains(first);

    // frame t takes samples below t 512 + 1024 of 16 kHz, and the resampler its look-ahead
    Resampler resampler = new Resampler(rate, 16000);
    long last = first.value().publishedFrame() * 512 + 1023;
    assertThat(first.position()).isEqualTo(resampler.needed(last));
  }

  @Test
  void aNoteIsReportedOneFrameAfterItsPeak() {
    assertThat(transcriber().info().lookAheadMicros()).isEqualTo(96_000);
    assertThat(transcriber().lookAheadMicros(new Format(44100, 2))).isBetween(99_300L, 99_500L);
    assertThat(transcriber().lookAheadMicros(new Format(8000, 1))).isEqualTo(102_750);
    float[] sound = chords(MONO, 1.5, 1);
    for (Prediction<Note> told : play(transcriber().newRunner(), MONO, sound, () -> 512).notes()) {
      Note note = told.value();
      if (note.kind() == Note.Kind.ON) {
        assertThat(note.publishedFrame() - note.onsetFrames()).isBetween(0.5, 1.5);
      }
    }
  }

  @Test
  void whatIsReportedAtTheEndHasThePositionOfTheEnd() {
    float[] sound = chords(MONO, 1.0, 1);
    int cut = 9000; // while notes sound
    Played heard = play(transcriber().newRunner(), MONO, Arrays.copyOf(sound, cut), () -> 700);
    Prediction<Note> last = heard.notes().get(heard.notes().size() - 1);
    assertThat(last.value().kind()).isEqualTo(Note.Kind.OFF);
    assertThat(last.position()).isEqualTo(cut);
    assertThat(heard.notes()).allMatch(told -> told.position() <= cut);
    assertThat(heard.notes().stream().filter(t -> t.value().kind() == Note.Kind.ON).count())
        .isEqualTo(heard.notes().stream().filter(t -> t.value().kind() == Note.Kind.OFF).count());
  }

  @Test
  void theSameSoundAtAnotherRateTellsNearlyTheSameNotes() {
    List<OnsetScore.Onset> wanted = onsets(MONO);
    for (int rate : new int[] {22050, 44100, 44101, 48000, 96000}) {
      assertThat(OnsetScore.of(wanted, onsets(new Format(rate, 1))).f1())
          .as("rate %d", rate)
          .isGreaterThan(0.9);
    }
  }

  @Test
  void channelsAreAveraged() {
    float[] mono = chords(MONO, 1.0, 1);
    float[] stereo = new float[2 * mono.length];
    for (int i = 0; i < mono.length; i++) {
      stereo[2 * i] = 2 * mono[i];
    }
    StreamRunner<Note> runner = transcriber().newRunner();
    Played both = play(runner, new Format(16000, 2), stereo, () -> 1000);
    assertThat(both.notes()).isEqualTo(play(runner, MONO, mono, () -> 1000).notes());
  }

  // ------------------------------------------------------------------ edges

  @Test
  void aSequenceTooShortForAFrameTellsNothing() {
    for (int samples : new int[] {0, 1, 511}) {
      float[] sound = Arrays.copyOf(chords(MONO, 0.1, 1), samples);
      assertThat(play(transcriber().newRunner(), MONO, sound, () -> 100).notes()).isEmpty();
    }
  }

  @Test
  void silenceTellsNothing() {
    assertThat(play(transcriber().newRunner(), MONO, new float[16000], () -> 1600).notes())
        .isEmpty();
  }

  @Test
  void afterItsEndASequenceBeginsAnew() {
    StreamRunner<Note> runner = transcriber().newRunner();
    Played.Key key = new Played.Key(MONO, chords(MONO, 1.0, 1));
    key.begin(runner);
    BatchItem<Note> row = key.row(key.left());
    runner.finish(List.of(row));
    assertThat(row.state).isEqualTo(runner.open(MONO));
  }

  @Test
  void stateHasTheSizeThatIsPrintedHoweverLongTheSequence() {
    Transcriber transcriber = transcriber();
    StreamRunner<Note> runner = transcriber.newRunner();
    Played.Key key = new Played.Key(MONO, chords(MONO, 2.0, 1));
    key.begin(runner);
    assertThat(key.state).hasSize(transcriber.info().stateBytes());
    while (key.left() > 0) {
      BatchItem<Note> row = key.row(Math.min(key.left(), 4000));
      runner.advance(List.of(row));
      key.take(row);
      assertThat(key.state).hasSize(transcriber.info().stateBytes());
    }
  }

  @Test
  void aStateOfAnotherKindIsRejectedWithAHint() {
    StreamRunner<Note> runner = transcriber().newRunner();
    byte[] state = runner.open(MONO);
    byte[] version = state.clone();
    version[0] = 9;
    byte[] precision = state.clone();
    precision[1] = (byte) (12 - precision[1]);
    byte[] size = Arrays.copyOf(state, state.length - 1);
    assertRejected(runner, MONO, version, "version 9");
    assertRejected(runner, MONO, precision, "numbers of");
    assertRejected(runner, MONO, size, "bytes");
    assertRejected(runner, MONO, new byte[0], "no byte came");
    assertRejected(runner, new Format(16000, 2), state, "format of a sequence cannot change");
  }

  private static void assertRejected(
      StreamRunner<Note> runner, Format format, byte[] state, String why) {
    BatchItem<Note> row = new BatchItem<>(format, state, new float[0], 0, 0);
    assertThatThrownBy(() -> runner.advance(List.of(row)))
        .isInstanceOf(StateException.class)
        .hasMessageContaining(why);
  }

  @Test
  void aSampleThatIsNotFiniteIsRefusedWithItsPlace() {
    StreamRunner<Note> runner = transcriber().newRunner();
    BatchItem<Note> first = new BatchItem<>(MONO, runner.open(MONO), new float[700], 0, 700);
    runner.advance(List.of(first));
    byte[] before = first.state.clone();
    for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
      float[] samples = new float[10];
      samples[4] = bad;
      BatchItem<Note> row = new BatchItem<>(MONO, first.state, samples, 0, 10);
      assertThatThrownBy(() -> runner.advance(List.of(row)))
          .isInstanceOf(InputException.class)
          .hasMessage("Step 704 of the sequence must be finite, but value 0 is " + bad + ".");
      assertThat(row.state).isEqualTo(before);
      assertThat(row.predictions).isEmpty();
    }
  }

  @Test
  void aFormatThatCannotBeHeardIsRefusedWithTheCure() {
    Transcriber transcriber = transcriber();
    for (int rate : new int[] {0, -1, 7999, 192_001}) {
      assertThatThrownBy(() -> transcriber.check(new Format(rate, 1)))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("8000 to 192000")
          .hasMessageContaining(Integer.toString(rate));
    }
    for (int channels : new int[] {0, 9}) {
      assertThatThrownBy(() -> transcriber.check(new Format(44100, channels)))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("1 to 8")
          .hasMessageContaining(Integer.toString(channels));
    }
    transcriber.check(new Format(8000, 8));
    transcriber.check(new Format(192_000, 1));
  }

  // ---------------------------------------------------------------- helpers

  private static Transcriber transcriber() {
    return new Transcriber(MODEL, FAST);
  }

  private static List<OnsetScore.Onset> onsets(Format format) {
    float[] sound = chords(format, 3, 1);
    return play(transcriber().newRunner(), format, sound, () -> sound.length).notes().stream()
        .map(Prediction::value)
        .filter(note -> note.kind() == Note.Kind.ON)
        .map(note -> new OnsetScore.Onset(note.onsetSeconds(), note.pitch()))
        .toList();
  }
}
