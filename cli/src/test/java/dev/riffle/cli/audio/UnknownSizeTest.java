package dev.riffle.cli.audio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.riffle.cli.CommandLines;
import java.io.ByteArrayOutputStream;
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
import org.junit.jupiter.params.provider.ValueSource;

/** Headers whose size of the samples means "unknown", as writers to a pipe leave them. */
class UnknownSizeTest {
  private static final float[] SOUND = SoundFiles.sine(3001, 2, 0.01);
  private static final int SIZE_AT = 40;

  @TempDir Path dir;

  @ParameterizedTest
  @ValueSource(
      longs = {
        0,
        0x7fffffffL,
        0x7fffffffL - 36,
        0x7fffffffL - 44,
        0x7ffff000L,
        0x7ffff024L,
        0x80000000L,
        0xffffffffL,
        0xffffffe0L,
        0xffffffffL - 36
      })
  void theSamplesLastToTheEndOfTheFile(long size) throws IOException {
    for (boolean isFloat : new boolean[] {false, true}) {
      for (int riffSize : new int[] {0, -1, (int) (size + 36)}) {
        Path path =
            SoundFiles.wav(dir.resolve("a.wav"), SOUND, 22050, 2, isFloat ? 32 : 16, isFloat);
        write(path, 4, riffSize);
        write(path, SIZE_AT, (int) size);

        assertThat(read(path)).containsExactly(SOUND);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {0, -1, Long.MAX_VALUE, 0x7fffffffL, 0xffffffffL})
  void aWideSizeThatWasNeverFilledIn(long size) throws IOException {
    Path path = rf64(size);

    assertThat(read(path)).containsExactly(SOUND);
  }

  @Test
  void aWideSizeThatWasFilledInEndsTheSamples() throws IOException {
    Path path = rf64(SOUND.length * 2L);
    Files.write(
        path,
        "LIST\4\0\0\0abcd".getBytes(StandardCharsets.US_ASCII),
        java.nio.file.StandardOpenOption.APPEND);

    assertThat(read(path)).containsExactly(SOUND);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 8, -1, 0x7fffffff, 0x7f000000, 0x7effffd2})
  void anAiffFromAPipe(int size) throws IOException {
    Path path = SoundFiles.aiff(dir.resolve("a.aiff"), SOUND, 22050, 2, 24);
    byte[] bytes = Files.readAllBytes(path);
    int at = new String(bytes, StandardCharsets.ISO_8859_1).indexOf("SSND");
    ByteBuffer.wrap(bytes).putInt(at + 4, size).putInt(4, size);
    Files.write(path, bytes);

    assertThat(read(path)).containsExactly(SOUND);
  }

  @Test
  void aChunkAfterSamplesThatAreThereIsNotSound() throws IOException {
    Path path = SoundFiles.wav(dir.resolve("a.wav"), new float[0], 22050, 1, 16, false);
    Files.write(
        path,
        "LIST\4\0\0\0abcd".getBytes(StandardCharsets.US_ASCII),
        java.nio.file.StandardOpenOption.APPEND);

    assertThatThrownBy(() -> AudioFile.open(path)).hasMessageContaining("its length is 0 samples");
  }

  @ParameterizedTest
  @ValueSource(longs = {100_000, 0x7ffe0000L, 0x80000002L, 0xc0000000L, 0xfffe0000L})
  void anyOtherSizeIsAPromise(long size) throws IOException {
    Path path = SoundFiles.wav(dir.resolve("a.wav"), SOUND, 22050, 2, 16, false);
    write(path, SIZE_AT, (int) size);

    assertThatThrownBy(() -> AudioFile.open(path)).hasMessageContaining("is truncated");
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 0x7fffffffL, 0xffffffffL})
  void aWavThatNeedsACodec(long size) throws IOException {
    assumeCodecs();
    float[] mono = SoundFiles.sine(8000, 1, 0.02);
    Path path = SoundFiles.wav(dir.resolve("a.wav"), mono, 8000, 1, 8, false);
    write(path, 20, 0x00010007); // one channel of mu-law
    write(path, SIZE_AT, (int) size);

    assertThat(read(path)).hasSize(8000);
  }

  @Test
  void auAndCafOfUnknownSize() throws IOException {
    assumeCodecs();
    ByteBuffer data = Samples.encode(SOUND, SOUND.length, "s16le");
    ByteBuffer au = ByteBuffer.allocate(24 + data.remaining());
    au.putInt(0x2e736e64).putInt(24).putInt(-1).putInt(3).putInt(22050).putInt(2);
    ByteBuffer caf = ByteBuffer.allocate(8 + 12 + 32 + 12 + 4 + data.remaining());
    caf.putInt(0x63616666).putInt(0x00010000);
    caf.putInt(0x64657363).putLong(32).putDouble(22050).putInt(0x6c70636d).putInt(0);
    caf.putInt(4).putInt(1).putInt(2).putInt(16);
    caf.putInt(0x64617461).putLong(-1).putInt(0);
    data.order(ByteOrder.LITTLE_ENDIAN);
    while (data.hasRemaining()) {
      short sample = data.getShort();
      au.putShort(sample);
      caf.putShort(sample);
    }
    assertThat(read(Files.write(dir.resolve("a.au"), au.array()))).containsExactly(SOUND);
    assertThat(read(Files.write(dir.resolve("a.caf"), caf.array()))).containsExactly(SOUND);
  }

  @Test
  void theFileOfTheFieldInAllItsForms() throws IOException {
    Path field =
        CommandLines.checkout().resolve("../shared/cases/wav_streaming_sizes/size_ffff.wav");
    assumeTrue(Files.exists(field), "the cases are not there");
    for (int size : new int[] {-1, 0x7fffffff, 0}) {
      Path path = Files.write(dir.resolve("a.wav"), Files.readAllBytes(field));
      write(path, SIZE_AT, size);

      assertThat(read(path)).hasSize((int) (Files.size(field) - 44) / 2);
    }
  }

  private Path rf64(long size) throws IOException {
    Path plain = SoundFiles.wav(dir.resolve("plain.wav"), SOUND, 22050, 2, 16, false);
    byte[] wav = Files.readAllBytes(plain);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write("RF64\u00ff\u00ff\u00ff\u00ffWAVEds64".getBytes(StandardCharsets.ISO_8859_1));
    ByteBuffer wide = ByteBuffer.allocate(32).order(ByteOrder.LITTLE_ENDIAN);
    wide.putInt(28).putLong(size).putLong(size).putLong(0).putInt(0);
    out.write(wide.array());
    out.write(Arrays.copyOfRange(wav, 12, wav.length));
    Path path = Files.write(dir.resolve("a.rf64"), out.toByteArray());
    write(path, SIZE_AT + 36, -1);
    return path;
  }

  private static void write(Path path, int at, int value) throws IOException {
    byte[] bytes = Files.readAllBytes(path);
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(at, value);
    Files.write(path, bytes);
  }

  private static float[] read(Path path) {
    try (AudioFile file = AudioFile.open(path)) {
      return SoundFiles.readAll(file, 777);
    }
  }

  private static void assumeCodecs() {
    assumeTrue(
        System.getProperty("os.name").startsWith("Linux")
            && System.getProperty("os.arch").equals("amd64"),
        "the decoder library is shipped for Linux on x86-64");
  }
}
