package dev.riffle.music.transcriber;

import static dev.riffle.music.transcriber.Played.chords;
import static dev.riffle.music.transcriber.Played.play;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.riffle.kernels.Kernels;
import dev.riffle.models.BatchItem;
import dev.riffle.models.Format;
import dev.riffle.models.ModelException;
import dev.riffle.models.Prediction;
import dev.riffle.models.StateException;
import dev.riffle.models.TestBackends;
import dev.riffle.models.weights.ModelDirectory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Version 1.1: offsets, wild samples and noise do not steer the gain, and noise is no music. */
class ConditioningTest {
  private static final ModelDirectory MODEL =
      ModelDirectory.read(Path.of("../demo/models/lru-transcriber/1.1"));
  private static final ModelDirectory FIRST =
      ModelDirectory.read(Path.of("../demo/models/lru-transcriber/1"));
  private static final Kernels FAST = TestBackends.all().findFirst().orElseThrow();
  private static final Transcriber TRANSCRIBER = new Transcriber(MODEL, FAST);
  private static final Format MONO = new Format(16000, 1);
  private static final Path CASES = Path.of("../../shared/cases/noise_only_ghost_notes");
  private static final int MOST = 2; // notes in 10 s without music
  private static final int WAV_HEADER = 44;

  // ------------------------------------------------------------------ noise

  @ParameterizedTest
  @CsvSource({
    "-50, 44100",
    "-60, 48000",
    "-70, 22050",
    "-80, 16000",
    "-65, 8000",
    "-20, 44100",
    "-35, 96000"
  })
  void whiteNoiseIsNoMusic(double decibels, int rate) {
    float[] noise = scaled(noise(10 * rate, 0, rate), decibels);
    assertThat(notes(TRANSCRIBER, new Format(rate, 1), noise)).hasSizeLessThanOrEqualTo(MOST);
  }

  @ParameterizedTest
  @CsvSource({"-55, 0.9", "-55, 0.95", "-55, 0.98", "-45, 0.99", "-65, 0.995"})
  void roomToneIsNoMusic(double decibels, double pole) {
    float[] noise = scaled(noise(441_000, pole, 11), decibels);
    assertThat(notes(TRANSCRIBER, new Format(44100, 1), noise)).hasSizeLessThanOrEqualTo(MOST);
  }

  @ParameterizedTest
  @CsvSource({"-40, 50", "-50, 50", "-60, 50", "-70, 50", "-50, 60", "-60, 60"})
  void humIsNoMusic(double decibels, double hertz) {
    float[] hum = new float[441_000];
    for (int i = 0; i < hum.length; i++) {
      hum[i] = (float) Math.sin(2 * Math.PI * hertz * i / 44100);
    }
    float[] noisy = plus(scaled(hum, decibels), scaled(noise(hum.length, 0, 12), decibels - 20));
    Format format = new Format(44100, 1);
    assertThat(notes(TRANSCRIBER, format, scaled(hum, decibels))).hasSizeLessThanOrEqualTo(MOST);
    assertThat(notes(TRANSCRIBER, format, noisy)).hasSizeLessThanOrEqualTo(MOST);
  }

  @ParameterizedTest
  @ValueSource(strings = {"hissonly-60.wav", "roomtone-55.wav"})
  void noiseOfTheCaseIsNoMusic(String name) throws IOException {
    Path file = CASES.resolve(name);
    assumeTrue(Files.exists(file));
    ByteBuffer wav = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    float[] sound = new float[(wav.capacity() - WAV_HEADER) / Short.BYTES];
    for (int i = 0; i < sound.length; i++) {
      sound[i] = wav.getShort(WAV_HEADER + Short.BYTES * i) / 32768f;
    }
    Format format = new Format(wav.getInt(24), wav.getShort(22));
    assertThat(notes(TRANSCRIBER, format, sound)).hasSizeLessThanOrEqualTo(MOST);
    assertThat(notes(new Transcriber(FIRST, FAST), format, sound))
        .as("version 1 has the fault")
        .hasSizeGreaterThan(20);
  }

  // ------------------------------------------------------------------ level

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4})
  void quietMusicIsTranscribedAsLoudMusic(int seed) {
    float[] music = chords(MONO, 6, seed);
    List<Note> loud = notes(TRANSCRIBER, MONO, scaled(music, -20));
    List<Note> quiet = notes(TRANSCRIBER, MONO, scaled(music, -60));
    assertThat(loud).hasSizeGreaterThan(20);
    assertSimilar(quiet, loud, 0.9);
  }

  @ParameterizedTest
  @ValueSource(floats = {0.01f, -0.05f, 0.3f})
  void anOffsetChangesNothing(float offset) {
    float[] music = scaled(chords(MONO, 6, 5), -60);
    float[] shifted = music.clone();
    for (int i = 0; i < shifted.length; i++) {
      shifted[i] += offset;
    }
    assertSimilar(notes(TRANSCRIBER, MONO, shifted), notes(TRANSCRIBER, MONO, music), 0.98);
  }

  @ParameterizedTest
  @CsvSource({"0, 1", "700, -1", "16000, 1", "40001, -1", "70000, 1000"})
  void aWildSampleChangesNothing(int at, float value) {
    float[] music = scaled(chords(MONO, 6, 6), -60);
    float[] wild = music.clone();
    wild[at] = value;
    assertSimilar(notes(TRANSCRIBER, MONO, wild), notes(TRANSCRIBER, MONO, music), 0.98);
  }

  @Test
  void noiseAheadOfMusicDoesNotChangeItsGain() {
    float[] music = scaled(chords(MONO, 6, 7), -40);
    float[] sound = new float[5 * 16000 + music.length];
    System.arraycopy(scaled(noise(5 * 16000, 0, 13), -40), 0, sound, 0, 5 * 16000);
    System.arraycopy(music, 0, sound, 5 * 16000, music.length);
    List<Note> alone = notes(TRANSCRIBER, MONO, music);
    List<Note> after =
        notes(TRANSCRIBER, MONO, sound).stream().filter(n -> n.onsetSeconds() > 5).toList();
    assertThat(after.size()).isBetween(alone.size() * 8 / 10, alone.size() * 12 / 10);
  }

  // ------------------------------------------------------------------ state

  @ParameterizedTest
  @CsvSource({"16000, 1", "44100, 2", "8000, 1", "96000, 1"})
  void anyChunkingTellsTheSameNotesAndLeavesTheSameBytes(int rate, int channels) {
    Format format = new Format(rate, channels);
    float[] sound = chords(format, 1.5, 1);
    sound[sound.length / 2] = 1;
    Random random = new Random(1);
    Played whole = play(TRANSCRIBER.newRunner(), format, sound, () -> sound.length);
    assertThat(whole.notes()).hasSizeGreaterThan(5);
    assertThat(play(TRANSCRIBER.newRunner(), format, sound, () -> 512)).isEqualTo(whole);
    assertThat(play(TRANSCRIBER.newRunner(), format, sound, () -> random.nextInt(3000)))
        .isEqualTo(whole);
    assertThat(whole.state().capacity())
        .isEqualTo(TRANSCRIBER.newRunner().open(format).length); // the state does not grow
  }

  @Test
  void oneSampleAtATimeTellsTheSame() {
    float[] sound = chords(MONO, 0.7, 1);
    Played whole = play(TRANSCRIBER.newRunner(), MONO, sound, () -> sound.length);
    assertThat(whole.notes()).isNotEmpty();
    assertThat(play(TRANSCRIBER.newRunner(), MONO, sound, () -> 1)).isEqualTo(whole);
  }

  /** So a savepoint of version 1 needs on-model-change: reset under version 1.1. */
  @ParameterizedTest
  @CsvSource({"16000, 1", "44100, 2", "8000, 1", "96000, 1"})
  void aStateOfTheOtherVersionIsRefused(int rate, int channels) {
    Format format = new Format(rate, channels);
    Transcriber first = new Transcriber(FIRST, FAST);
    byte[] old = first.newRunner().open(format);
    byte[] present = TRANSCRIBER.newRunner().open(format);
    assertThat(present).hasSize(old.length + 68);
    assertRefused(TRANSCRIBER, format, old, "lru-transcriber/1.1.");
    assertRefused(first, format, present, "lru-transcriber/1.");
  }

  private static void assertRefused(
      Transcriber transcriber, Format format, byte[] state, String why) {
    BatchItem<Note> item = new BatchItem<>(format, state, new float[0], 0, 0);
    assertThatThrownBy(() -> transcriber.newRunner().advance(List.of(item)))
        .isInstanceOf(StateException.class)
        .hasMessageContaining(state.length + " bytes are not a state of model " + why)
        .hasMessageContaining("Another model wrote the state");
  }

  @Test
  void aSecondPassFollowsItAndItsStateIsRefusedByVersion1() {
    ModelDirectory second = ModelDirectory.read(Path.of("../demo/models/rse-second-pass/1"));
    Transcriber both = new Transcriber(MODEL, second, FAST);
    assertThat(both.info().label()).isEqualTo("lru-transcriber/1.1+rse-second-pass/1");
    float[] sound = chords(MONO, 3, 1);
    assertThat(play(both.newRunner(), MONO, sound, () -> 4000).notes())
        .anyMatch(p -> p.value().revision() == Note.Revision.CONFIRMED);
    byte[] state = TRANSCRIBER.newRunner().open(MONO);
    assertThat(state).hasSize(TRANSCRIBER.info().stateBytes());
    assertThat(TRANSCRIBER.info().fingerprint()).isNotEqualTo(FIRST.fingerprint());
  }

  @ParameterizedTest
  @ValueSource(strings = {"lowest_hz", "heard_hz", "share", "excess"})
  void settingsOfNoUseAreRefused(String name) {
    for (double wrong : new double[] {0, -1}) {
      Map<String, Object> gate = new HashMap<>(Map.of(name, wrong));
      for (String other :
          List.of("lowest_hz", "highest_hz", "heard_hz", "around_hz", "excess", "share")) {
        gate.putIfAbsent(other, 1.0);
      }
      gate.put("hold", 1);
      var settings =
          MODEL
              .config()
              .with(
                  "conditioning",
                  Map.of(
                      "high_pass_hz",
                      15.0,
                      "click",
                      Map.of("reach", 4, "ratio", 16.0, "least", 0.001),
                      "gate",
                      gate));
      assertThatThrownBy(() -> TranscriberConfig.of(settings))
          .isInstanceOf(ModelException.class)
          .hasMessageContaining("'conditioning.gate." + name + "' must be above 0, but is");
    }
  }

  // ---------------------------------------------------------------- helpers

  private static List<Note> notes(Transcriber model, Format format, float[] sound) {
    return play(model.newRunner(), format, sound, () -> 8000).notes().stream()
        .map(Prediction::value)
        .filter(n -> n.kind() == Note.Kind.ON)
        .toList();
  }

  /** Notes of equal pitch and onset are at least this share of either list. */
  private static void assertSimilar(List<Note> found, List<Note> expected, double share) {
    long same =
        found.stream()
            .filter(
                a ->
                    expected.stream()
                        .anyMatch(
                            b ->
                                a.pitch() == b.pitch()
                                    && Math.abs(a.onsetSeconds() - b.onsetSeconds()) < 0.03))
            .count();
    assertThat((double) same / expected.size()).isBetween(share, 1 / share);
    assertThat((double) same / found.size()).isGreaterThanOrEqualTo(share);
  }

  /** Noise, passed twice through a low-pass with this pole. */
  private static float[] noise(int samples, double pole, long seed) {
    Random random = new Random(seed);
    float[] noise = new float[samples];
    double first = 0;
    double second = 0;
    for (int i = 0; i < samples; i++) {
      first = random.nextGaussian() + pole * first;
      second = first + pole * second;
      noise[i] = (float) second;
    }
    return noise;
  }

  /** Brings the root mean square to decibels below full scale, and rounds to 16 bits. */
  private static float[] scaled(float[] sound, double decibels) {
    double sum = 0;
    for (float x : sound) {
      sum += (double) x * x;
    }
    double factor = Math.pow(10, decibels / 20) / Math.sqrt(sum / sound.length);
    float[] scaled = new float[sound.length];
    for (int i = 0; i < sound.length; i++) {
      scaled[i] = Math.round(factor * sound[i] * 32768) / 32768f;
    }
    return scaled;
  }

  private static float[] plus(float[] a, float[] b) {
    float[] sum = a.clone();
    for (int i = 0; i < sum.length; i++) {
      sum[i] += b[i];
    }
    return sum;
  }
}
