package dev.riffle.cli.audio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.riffle.cli.CommandLines;
import dev.riffle.models.InputException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.bytedeco.ffmpeg.global.avutil;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Damage within a compressed file: what follows it keeps its time. */
class HolesTest {
  private static final int RATE = 44100;
  private static final int FRAME = 1152;

  @TempDir Path dir;

  /** What was decoded, and what was said. */
  private record Heard(float[] sound, List<String> warnings) {}

  @BeforeAll
  static void assumeCodecs() {
    assumeTrue(
        System.getProperty("os.name").startsWith("Linux")
            && System.getProperty("os.arch").equals("amd64"),
        "the decoder library is shipped for Linux on x86-64");
  }

  /** Ten seconds of short tones of ever new pitch. */
  private static float[] tones() {
    float[] sound = new float[10 * RATE];
    for (int i = 0; i < sound.length; i++) {
      int note = i / (RATE / 8);
      double hertz = 200 * Math.pow(1.06, note);
      sound[i] = (float) (0.4 * Math.sin(2 * Math.PI * hertz * i / RATE));
    }
    return sound;
  }

  private Path file(String kind) {
    Path path = dir.resolve("a." + kind);
    Path made =
        switch (kind) {
          case "mp3" -> SoundFiles.mp3(path, tones(), RATE);
          case "adts" -> SoundFiles.adts(path, tones(), RATE);
          default -> SoundFiles.ogg(path, tones(), RATE);
        };
    assumeTrue(made != null, "this build of FFmpeg has no encoder for " + kind);
    return path;
  }

  private static Heard read(Path path) {
    try (AudioFile file = AudioFile.open(path)) {
      return new Heard(SoundFiles.readAll(file, 1000), file.warnings());
    }
  }

  private static void damage(byte[] bytes, String how, double from, double to) {
    int first = (int) (bytes.length * from);
    int last = (int) (bytes.length * to);
    if (how.equals("zeros")) {
      Arrays.fill(bytes, first, last, (byte) 0);
    } else {
      byte[] noise = new byte[last - first];
      new Random(5).nextBytes(noise);
      System.arraycopy(noise, 0, bytes, first, noise.length);
    }
  }

  /** By how many samples what follows the damage is late; negative: early. */
  private static int lag(float[] whole, float[] damaged) {
    int from = 8 * RATE;
    int length = RATE / 2;
    int best = 0;
    double least = Double.MAX_VALUE;
    for (int lag = -RATE; lag <= RATE; lag++) {
      double sum = 0;
      for (int i = from; i < from + length && sum < least; i += 3) {
        int at = i + lag;
        double d = whole[i] - (at < damaged.length ? damaged[at] : 0);
        sum += d * d;
      }
      if (sum < least) {
        least = sum;
        best = lag;
      }
    }
    return best;
  }

  @ParameterizedTest
  @CsvSource({
    "mp3, zeros, 0.3, 0.33", "mp3, noise, 0.3, 0.33", "mp3, zeros, 0.5, 0.56",
    "mp3, noise, 0.2, 0.203", "mp3, noise, 0.4, 0.48", "adts, zeros, 0.3, 0.33",
    "adts, noise, 0.3, 0.36", "adts, noise, 0.5, 0.505", "ogg, zeros, 0.3, 0.33",
    "ogg, noise, 0.5, 0.56", "ogg, noise, 0.2, 0.203"
  })
  void whatFollowsDamageKeepsItsTime(String kind, String how, double from, double to)
      throws IOException {
    Path path = file(kind);
    Heard whole = read(path);
    assertThat(whole.warnings).isEmpty();
    byte[] bytes = Files.readAllBytes(path);
    damage(bytes, how, from, to);
    Files.write(path, bytes);

    Heard heard = read(path);
    assertThat(heard.warnings).isNotEmpty();
    assertThat(heard.warnings.get(0))
        .contains(path.toString(), "cannot be decoded for", " s at 0:0");
    assertThat(lag(whole.sound, heard.sound))
        .isCloseTo(0, within(kind.equals("ogg") ? 0 : kind.equals("mp3") ? FRAME : 2 * FRAME));
    assertThat(heard.sound.length).isCloseTo(whole.sound.length, within(2 * FRAME));
  }

  @ParameterizedTest
  @ValueSource(ints = {97, 90, 50})
  void aCutThatIsLongerThanThePaddingIsNotHidden(int percent) throws IOException {
    Path path = file("mp3");
    byte[] bytes = Files.readAllBytes(path);
    Files.write(path, Arrays.copyOf(bytes, bytes.length * percent / 100));

    assertThatThrownBy(() -> read(path)).hasMessageContaining("is truncated");
  }

  @Test
  void aLostPageOfVorbisIsSilence() throws IOException {
    Path field = CommandLines.checkout().resolve("../shared/cases/formats_that_pass/x.ogg");
    assumeTrue(Files.exists(field), "the cases are not there");
    Heard whole = read(field);
    byte[] bytes = Files.readAllBytes(field);
    damage(bytes, "noise", 0.4, 0.42);

    Heard heard = read(Files.write(dir.resolve("a.ogg"), bytes));

    assertThat(heard.warnings).hasSize(1);
    assertThat(heard.sound.length).isCloseTo(whole.sound.length, within(1024));
  }

  @Test
  void wholeFilesOfTheFieldHaveNoHoles() throws IOException {
    Path cases = CommandLines.checkout().resolve("../shared/cases/formats_that_pass");
    assumeTrue(Files.isDirectory(cases), "the cases are not there");
    try (var files = Files.list(cases)) {
      for (Path file : files.filter(f -> !f.endsWith("README")).toList()) {
        Heard heard = read(file);
        assertThat(heard.warnings).as(file.toString()).isEmpty();
        assertThat(heard.sound).isNotEmpty();
      }
    }
  }

  @Test
  void holesSideBySideAreOneAndManyAreCounted() {
    Holes holes = new Holes();
    holes.add(0, 100);
    holes.add(100, 50);
    assertThat(holes.warnings("a", 1000))
        .containsExactly(
            "a cannot be decoded for 0.150 s at 0:00.000. Silence of this length replaces it.");
    for (int i = 1; i < 8; i++) {
      holes.add(100_000L * i, 10);
    }
    assertThat(holes.warnings("a", 1000))
        .hasSize(6)
        .last()
        .asString()
        .contains("3 more", "0.220 s");
    assertThat(holes.warnings("a", 1000).get(2)).contains("at 3:20.000");
  }

  @ParameterizedTest
  @ValueSource(ints = {0x6d000001, 0x7fffffff, 0x0fffffff})
  void aPacketThatClaimsYearsIsNoHole(int samplesPerPacket) throws IOException {
    Path path = packetsWithoutSound(samplesPerPacket);
    try (AudioFile file = AudioFile.open(path)) {
      float[] piece = new float[1000];
      assertThatThrownBy(() -> file.read(piece, 1000))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("contains no sound: nothing could be decoded");
      assertThat(file.warnings())
          .singleElement()
          .asString()
          .contains(" s are missing at 0:00.000, longer than a hole can be. The sound after it");
    }
  }

  @Test
  void packetsThatClaimSecondsAreHoles() throws IOException {
    Heard heard = read(packetsWithoutSound(44));
    assertThat(heard.sound).isNotEmpty().containsOnly(0f);
    assertThat(heard.warnings).singleElement().asString().contains("cannot be decoded for");
  }

  /** A CAF of packets of one byte, half a sample, each of which claims this many samples. */
  private Path packetsWithoutSound(int samplesPerPacket) throws IOException {
    Path path = dir.resolve("a.caf");
    float[] sound = SoundFiles.sine(1000, 1, 0.01);
    SoundFiles.mono(path, "caf", "pcm_s16le", avutil.AV_SAMPLE_FMT_S16, sound, RATE);
    byte[] bytes = Files.readAllBytes(path);
    ByteBuffer.wrap(bytes).putInt(0x24, 1).putInt(0x28, samplesPerPacket);
    return Files.write(path, bytes);
  }
}
