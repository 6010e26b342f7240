package dev.riffle.music.transcriber;

import static dev.riffle.music.transcriber.Played.chords;
import static dev.riffle.music.transcriber.Played.play;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.riffle.kernels.Kernels;
import dev.riffle.models.BatchItem;
import dev.riffle.models.Format;
import dev.riffle.models.ModelException;
import dev.riffle.models.Prediction;
import dev.riffle.models.StateException;
import dev.riffle.models.StreamRunner;
import dev.riffle.models.TestBackends;
import dev.riffle.models.families.Families;
import dev.riffle.models.weights.ModelDirectory;
import dev.riffle.music.transcriber.Note.Kind;
import dev.riffle.music.transcriber.Note.Revision;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SecondPassTest {
  private static final ModelDirectory FIRST =
      ModelDirectory.read(Path.of("../demo/models/lru-transcriber/1"));
  private static final ModelDirectory SECOND =
      ModelDirectory.read(Path.of("../demo/models/rse-second-pass/1"));
  private static final Kernels FAST = TestBackends.all().findFirst().orElseThrow();
  private static final Format MONO = new Format(16000, 1);
  private static final int HOP = 512;

  /** Frames from that of a note's start to the one after which its verdict is told. */
  private static final int DELAY = 10;

  // --------------------------------------------------------------- chunking

  @ParameterizedTest
  @MethodSource("dev.riffle.models.TestBackends#all")
  void anyChunkingTellsTheSameNotesAndLeavesTheSameBytes(Kernels kernels) {
    StreamRunner<Note> runner = twoPasses(kernels).newRunner();
    Random random = new Random(1);
    float[] sound = chords(MONO, 1.2, 1);
    Played whole = play(runner, MONO, sound, () -> sound.length);
    assertThat(whole.notes()).anyMatch(told -> isFinal(told.value()));
    assertThat(play(runner, MONO, sound, () -> HOP)).isEqualTo(whole);
    assertThat(play(runner, MONO, sound, () -> random.nextInt(3000))).isEqualTo(whole);
  }

  @Test
  void oneSampleAtATimeTellsTheSame() {
    StreamRunner<Note> runner = twoPasses(FAST).newRunner();
    Format format = new Format(44100, 2);
    float[] sound = chords(format, 1.0, 4);
    Played whole = play(runner, format, sound, () -> sound.length);
    assertThat(whole.notes()).anyMatch(told -> isFinal(told.value()));
    assertThat(play(runner, format, sound, () -> 1)).isEqualTo(whole);
  }

  @Test
  void aBatchEqualsItsRowsWhateverTheInterleaving() {
    Transcriber model = twoPasses(FAST);
    Random random = new Random(2);
    List<Played.Key> batch = new ArrayList<>();
    for (int k = 0; k < 9; k++) {
      Format format = k % 3 == 2 ? new Format(22050, 2) : MONO;
      batch.add(new Played.Key(format, chords(format, 1.0, k)));
    }
    StreamRunner<Note> together = model.newRunner();
    batch.forEach(key -> key.begin(together));
    while (batch.stream().anyMatch(key -> key.left() > 0)) {
      List<Played.Key> some = new ArrayList<>(batch);
      Collections.shuffle(some, random);
      some = some.subList(0, 1 + random.nextInt(batch.size()));
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
    for (int k = 0; k < batch.size(); k++) {
      Played.Key key = batch.get(k);
      key.take(ends.get(k));
      Played alone = play(model.newRunner(), key.format, key.sound, () -> key.sound.length);
      assertThat(key.notes).as("key %d", k).isEqualTo(alone.notes());
      assertThat(ByteBuffer.wrap(states.get(k))).isEqualTo(alone.state());
    }
  }

  // ------------------------------------------------------------------ notes

  @Test
  void thePreviewIsWhatTheFirstPassTellsAlone() {
    float[] sound = chords(MONO, 6, 3);
    List<Prediction<Note>> alone =
        play(new Transcriber(FIRST, FAST).newRunner(), MONO, sound, () -> 1000).notes();
    List<Prediction<Note>> both =
        play(twoPasses(FAST).newRunner(), MONO, sound, () -> 1000).notes();
    assertThat(only(both, note -> note.revision() == Revision.NONE)).isEqualTo(alone);
  }

  @Test
  void everyNoteOfThePreviewStandsOrIsRetractedAndEachFinalNoteIsReportedOnce() {
    int confirmed = 0;
    int retracted = 0;
    int other = 0;
    for (int seed = 0; seed < 6; seed++) {
      for (int steps : new int[] {96_000, 70_001, 12_345, 5000, 512}) { // cut while notes sound
        float[] sound = Arrays.copyOf(chords(MONO, 6, seed), steps);
        List<Prediction<Note>> told =
            play(twoPasses(FAST).newRunner(), MONO, sound, () -> 4000).notes();
        List<Note> notes = told.stream().map(Prediction::value).toList();
        for (Note note : notes) {
          if (note.kind() == Kind.ON && note.revision() == Revision.NONE) {
            long stands = count(notes, n -> begins(n, note) && n.revision() == Revision.CONFIRMED);
            long taken = count(notes, n -> same(n, note) && n.revision() == Revision.RETRACTED);
            assertThat(stands + taken).as("%s", note).isOne();
            confirmed += (int) stands;
            retracted += (int) taken;
          } else if (note.kind() == Kind.ON) {
            assertThat(count(notes, n -> begins(n, note) && isFinal(n))).isOne();
            assertThat(count(notes, n -> same(n, note) && ends(n, note))).isOne();
            long before = count(notes, n -> begins(n, note) && n.revision() == Revision.NONE);
            assertThat(before).isEqualTo(note.revision() == Revision.CONFIRMED ? 1 : 0);
            other += note.revision() == Revision.CONFIRMED ? 0 : 1;
          } else if (note.revision() == Revision.RETRACTED) {
            assertThat(note.offsetFrames() - note.onsetFrames()).isBetween(0.0, 1.0);
            assertThat(count(notes, n -> begins(n, note) && n.revision() == Revision.NONE)).isOne();
          }
        }
        assertThat(told).isSortedAccordingTo((a, b) -> Long.compare(a.position(), b.position()));
        assertThat(told).allMatch(t -> t.position() <= steps);
      }
    }
    assertThat(List.of(confirmed, retracted, other)).allMatch(n -> n > 0);
  }

  @Test
  void aVerdictIsReportedAsSoonAsItsWindowIsThere() {
    float[] sound = chords(MONO, 3, 1);
    List<Prediction<Note>> told = play(twoPasses(FAST).newRunner(), MONO, sound, () -> 512).notes();
    List<Prediction<Note>> first = only(told, n -> n.revision() == Revision.CONFIRMED);
    assertThat(first).isNotEmpty();
    for (Prediction<Note> output : first) {
      Note note = output.value();
      if (note.kind() == Kind.ON && output.position() < sound.length) {
        long start = Math.round(note.onsetFrames());
        assertThat(note.publishedFrame() - start).isBetween(DELAY - 1L, DELAY + 1L);
        assertThat(output.position()).isEqualTo(note.publishedFrame() * HOP + 1024);
      }
    }
  }

  @Test
  void silenceTellsNothing() {
    assertThat(play(twoPasses(FAST).newRunner(), MONO, new float[16000], () -> 1600).notes())
        .isEmpty();
  }

  // ------------------------------------------------------------------ state

  @Test
  void afterItsEndASequenceBeginsAnew() {
    StreamRunner<Note> runner = twoPasses(FAST).newRunner();
    Played.Key key = new Played.Key(MONO, chords(MONO, 1.0, 1));
    key.begin(runner);
    BatchItem<Note> row = key.row(key.left());
    runner.finish(List.of(row));
    assertThat(row.state).isEqualTo(runner.open(MONO));
  }

  @Test
  void stateHasTheSizeThatIsPrinted() {
    Transcriber model = twoPasses(FAST);
    StreamRunner<Note> runner = model.newRunner();
    Played.Key key = new Played.Key(MONO, chords(MONO, 1.0, 1));
    key.begin(runner);
    assertThat(key.state).hasSize(model.info().stateBytes());
    while (key.left() > 0) {
      BatchItem<Note> row = key.row(Math.min(key.left(), 4000));
      runner.advance(List.of(row));
      key.take(row);
      assertThat(key.state).hasSize(model.info().stateBytes());
    }
  }

  @Test
  void aStateOfOnePassIsRefusedByTwo() {
    byte[] state = new Transcriber(FIRST, FAST).newRunner().open(MONO);
    BatchItem<Note> row = new BatchItem<>(MONO, state, new float[0], 0, 0);
    assertThatThrownBy(() -> twoPasses(FAST).newRunner().advance(List.of(row)))
        .isInstanceOf(StateException.class)
        .hasMessageContaining("Another model wrote the state");
  }

  // ---------------------------------------------------------------- loading

  @Test
  void itsNameVersionAndFingerprintAreThoseOfBoth() {
    Transcriber model = twoPasses(FAST);
    assertThat(model.info().label()).isEqualTo("lru-transcriber/1+rse-second-pass/1");
    assertThat(model.info().fingerprint()).contains(FIRST.fingerprint(), SECOND.fingerprint());
  }

  @Test
  void whatIsNoSecondPassIsRefusedWithTheCure() {
    assertThatThrownBy(() -> TranscriberFamily.load(FIRST, FIRST, FAST))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("'rse-second-pass'");
    assertThatThrownBy(() -> TranscriberFamily.load(SECOND, SECOND, FAST))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("'lru-transcriber'");
    assertThatThrownBy(() -> Families.load(SECOND, FAST, Note.class))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("--second-pass");
  }

  // ---------------------------------------------------------------- helpers

  private static Transcriber twoPasses(Kernels kernels) {
    return new Transcriber(FIRST, SECOND, kernels);
  }

  private static boolean isFinal(Note note) {
    return note.revision() != Revision.NONE && note.revision() != Revision.RETRACTED;
  }

  private static boolean same(Note a, Note b) {
    return a.pitch() == b.pitch() && a.onsetFrames() == b.onsetFrames();
  }

  /** A note that begins with another: where neighbours are rounded, its time may move a little. */
  private static boolean begins(Note a, Note b) {
    return a.kind() == Kind.ON
        && a.pitch() == b.pitch()
        && Math.abs(a.onsetFrames() - b.onsetFrames()) < 1e-3;
  }

  private static boolean ends(Note a, Note b) {
    return a.kind() == Kind.OFF && a.revision() == b.revision();
  }

  private static long count(List<Note> notes, Predicate<Note> which) {
    return notes.stream().filter(which).count();
  }

  private static List<Prediction<Note>> only(List<Prediction<Note>> told, Predicate<Note> which) {
    return told.stream().filter(t -> which.test(t.value())).toList();
  }
}
