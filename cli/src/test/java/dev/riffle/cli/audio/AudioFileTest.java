package dev.riffle.cli.audio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.riffle.models.InputException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AudioFileTest {
  @TempDir Path dir;

  @ParameterizedTest
  @CsvSource({
    "8, false, 8000, 1, s16le",
    "16, false, 44100, 2, s16le",
    "24, false, 96000, 1, s24le",
    "32, false, 192000, 2, f32le",
    "32, true, 48000, 2, f32le",
    "16, false, 22050, 8, s16le"
  })
  void aWavOfAnyKindGivesItsSamples(
      int bits, boolean isFloat, int rate, int channels, String encoding) throws IOException {
    float[] sound = SoundFiles.sine(3001, channels, 0.01);
    Path path = SoundFiles.wav(dir.resolve("a.wav"), sound, rate, channels, bits, isFloat);

    try (AudioFile file = AudioFile.open(path)) {
      assertThat(file.rate()).isEqualTo(rate);
      assertThat(file.channels()).isEqualTo(channels);
      assertThat(file.length()).isEqualTo(3001);
      assertThat(file.encoding()).isEqualTo(encoding);
      assertThat(SoundFiles.readAll(file, 512))
          .containsExactly(sound, within(bits == 8 ? 1 / 256f : 0f));
    }
  }

  @ParameterizedTest
  @CsvSource({"16, 44100, 2", "24, 48000, 1", "32, 8000, 2"})
  void anAiffOfAnyKindGivesItsSamples(int bits, int rate, int channels) throws IOException {
    float[] sound = SoundFiles.sine(2000, channels, 0.02);
    Path path = SoundFiles.aiff(dir.resolve("a.aiff"), sound, rate, channels, bits);

    try (AudioFile file = AudioFile.open(path)) {
      assertThat(file.description()).isEqualTo("AIFF, " + bits + "-bit");
      assertThat(file.rate()).isEqualTo(rate);
      assertThat(SoundFiles.readAll(file, 700)).containsExactly(sound);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 17, 4096, 100_000})
  void aFlacGivesItsSamplesInPiecesOfAnySize(int piece) {
    assumeCodecs();
    float[] sound = SoundFiles.sine(20_000, 2, 0.013);
    Path path = SoundFiles.flac(dir.resolve("a.flac"), sound, 44100, 2);

    try (AudioFile file = AudioFile.open(path)) {
      assertThat(file.description()).isEqualTo("FLAC");
      assertThat(file.rate()).isEqualTo(44100);
      assertThat(file.channels()).isEqualTo(2);
      assertThat(file.length()).isEqualTo(20_000);
      assertThat(file.encoding()).isEqualTo("s16le");
      assertThat(SoundFiles.readAll(file, piece)).containsExactly(sound);
    }
  }

  @Test
  void anMp3SoundsLikeWhatWasEncoded() throws IOException {
    assumeCodecs();
    float[] sound = SoundFiles.sine(44_100, 1, 0.01);
    Path path = SoundFiles.mp3(dir.resolve("a.mp3"), sound, 44100);
    assumeTrue(path != null, "this build of FFmpeg has no MP3 encoder");

    try (AudioFile file = AudioFile.open(path)) {
      assertThat(file.description()).isEqualTo("MP3");
      assertThat(file.rate()).isEqualTo(44100);
      assertThat(file.encoding()).isEqualTo("f32le");
      float[] heard = SoundFiles.readAll(file, 1000);
      assertThat(heard).hasSizeBetween(44_100, 44_100 + 2 * 1152);
      assertThat(energy(heard))
          .isCloseTo(energy(sound), withinPercentage(12)); // the encoder turns it down by 5 %
    }
    byte[] whole = Files.readAllBytes(path);
    Files.write(path, Arrays.copyOf(whole, whole.length / 3));
    try (AudioFile file = AudioFile.open(path)) {
      assertThatThrownBy(() -> SoundFiles.readAll(file, 1000)).hasMessageContaining("truncated");
    }
  }

  private static double energy(float[] sound) {
    double sum = 0;
    for (float v : sound) {
      sum += v * v;
    }
    return sum;
  }

  @Test
  void whatAFileIsIsJudgedByItsBytesAndNotByItsName() throws IOException {
    Path path =
        SoundFiles.wav(dir.resolve("a.mp3"), SoundFiles.sine(100, 1, 0.1), 8000, 1, 16, false);

    try (AudioFile file = AudioFile.open(path)) {
      assertThat(file.description()).isEqualTo("WAV, 16-bit");
    }
  }

  @Test
  void aMissingFileIsNamed() {
    Path path = dir.resolve("nowhere.wav");
    assertThatThrownBy(() -> AudioFile.open(path))
        .isInstanceOf(InputException.class)
        .hasMessage("The file " + path + " does not exist.");
  }

  @Test
  void aDirectoryIsNoFile() {
    assertThatThrownBy(() -> AudioFile.open(dir)).hasMessageContaining("is not a file");
  }

  @Test
  void anEmptyFileIsReported() throws IOException {
    Path path = Files.createFile(dir.resolve("empty.wav"));
    assertThatThrownBy(() -> AudioFile.open(path)).hasMessage(path + " is empty: 0 bytes.");
  }

  @Test
  void aHeaderWithoutSoundIsReported() throws IOException {
    Path path = SoundFiles.wav(dir.resolve("zero.wav"), new float[0], 44100, 1, 16, false);
    assertThatThrownBy(() -> AudioFile.open(path))
        .hasMessage(path + " contains no sound: its length is 0 samples.");
  }

  @Test
  void textIsNotASoundFile() throws IOException {
    assumeCodecs();
    Path path = Files.writeString(dir.resolve("notes.flac"), "These are words.\n".repeat(200));
    assertThatThrownBy(() -> AudioFile.open(path))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(path + " is not a sound file that can be read")
        .hasMessageContaining("WAV, AIFF, FLAC, MP3 or another format");
  }

  @Test
  void aMidiFileIsNotSound() throws IOException {
    Path path =
        Files.write(dir.resolve("song.mid"), "MThd....".getBytes(StandardCharsets.US_ASCII));
    assertThatThrownBy(() -> AudioFile.open(path)).hasMessageContaining("is a MIDI file");
  }

  @Test
  void aTruncatedWavIsReportedBeforeAnythingIsRead() throws IOException {
    Path path =
        SoundFiles.wav(dir.resolve("a.wav"), SoundFiles.sine(8000, 1, 0.1), 8000, 1, 16, false);
    Files.write(path, Arrays.copyOf(Files.readAllBytes(path), 8044));
    assertThatThrownBy(() -> AudioFile.open(path))
        .hasMessageContaining("is truncated: its header promises 1.000 s, but it contains 0.50");
  }

  @Test
  void aWavThatLacksItsLastSampleIsTruncated() throws IOException {
    Path path =
        SoundFiles.wav(dir.resolve("a.wav"), SoundFiles.sine(8000, 1, 0.1), 8000, 1, 16, false);
    Files.write(path, Arrays.copyOf(Files.readAllBytes(path), 44 + 15_998));
    try (AudioFile file = AudioFile.open(path)) {
      assertThatThrownBy(() -> SoundFiles.readAll(file, 512)).hasMessageContaining("is truncated");
    }
  }

  @Test
  void aTruncatedFlacIsReported() throws IOException {
    assumeCodecs();
    Path path = SoundFiles.flac(dir.resolve("a.flac"), SoundFiles.sine(44_100, 2, 0.013), 44100, 2);
    byte[] whole = Files.readAllBytes(path);
    Files.write(path, Arrays.copyOf(whole, whole.length / 2));
    try (AudioFile file = AudioFile.open(path)) {
      assertThatThrownBy(() -> SoundFiles.readAll(file, 512))
          .hasMessageContaining("is truncated: its header promises 1.000 s");
    }
  }

  @Test
  void aFileOfNothingButAHeaderIsTruncated() throws IOException {
    Path path =
        SoundFiles.wav(dir.resolve("a.wav"), SoundFiles.sine(80, 1, 0.1), 8000, 1, 16, false);
    Files.write(path, Arrays.copyOf(Files.readAllBytes(path), 20));
    assertThatThrownBy(() -> AudioFile.open(path))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(path.toString());
  }

  @ParameterizedTest
  @ValueSource(ints = {7999, 192_001, 1})
  void ratesBeyondThoseOfAChunkAreRefused(int rate) throws IOException {
    Path path =
        SoundFiles.wav(dir.resolve("a.wav"), SoundFiles.sine(80, 1, 0.1), rate, 1, 16, false);
    assertThatThrownBy(() -> AudioFile.open(path))
        .hasMessageContaining("says " + rate + " samples per second; 8000 to 192000 can be read");
  }

  @Test
  void moreChannelsThanAChunkCarriesAreRefused() throws IOException {
    Path path =
        SoundFiles.wav(dir.resolve("a.wav"), SoundFiles.sine(80, 9, 0.1), 8000, 9, 16, false);
    assertThatThrownBy(() -> AudioFile.open(path))
        .hasMessageContaining("says 9 channels; 1 to 8 can be read");
  }

  @Test
  void encodedSamplesAreCutAtFullScale() {
    ByteBuffer out =
        Samples.encode(new float[] {2f, -2f, 0.5f}, 3, "s16le").order(ByteOrder.LITTLE_ENDIAN);
    assertThat(new short[] {out.getShort(), out.getShort(), out.getShort()})
        .containsExactly(32767, -32768, 16384);
  }

  private static void assumeCodecs() {
    assumeTrue(
        System.getProperty("os.name").startsWith("Linux")
            && System.getProperty("os.arch").equals("amd64"),
        "the decoder library is shipped for Linux on x86-64");
  }
}
