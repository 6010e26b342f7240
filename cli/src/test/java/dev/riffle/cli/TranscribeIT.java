package dev.riffle.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.riffle.cli.audio.AudioFile;
import dev.riffle.cli.audio.SoundFiles;
import dev.riffle.cli.demo.Piece;
import dev.riffle.cli.demo.Rendering;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What people give to {@code riffle transcribe}. */
class TranscribeIT {
  private static final int SIZE_AT = 40;

  @TempDir Path dir;

  @Test
  void aFolderKeepsItsPathsAndABadFileDoesNotStopTheOthers() throws Exception {
    Path music = Files.createDirectories(dir.resolve("music/b"));
    Rendering.write(Piece.compose(3, 4), dir.resolve("music/one.wav"));
    Rendering.write(Piece.compose(4, 4), music.resolve("two.wav"));
    Path empty = Files.createFile(music.resolve("empty.wav"));
    Path none = dir.resolve("none.wav");
    Path out = dir.resolve("out");

    CommandLines result = CommandLines.run("transcribe", dir.resolve("music"), none, "-o", out);

    assertThat(result.exit()).isEqualTo(1);
    assertThat(result.err().lines())
        .containsExactly(
            "riffle: " + empty + " is empty: 0 bytes.",
            "riffle: The file " + none + " does not exist.");
    assertThat(rows(out.resolve("one.csv"))).hasSizeGreaterThan(4);
    assertThat(rows(out.resolve("b/two.csv"))).hasSizeGreaterThan(4);
    assertThat(out.resolve("b/two.mid")).isNotEmptyFile();
    assertThat(result.out().lines().filter(l -> l.contains(" notes -> "))).hasSize(2);
  }

  @Test
  void moreFilesThanArePlayedAtOnceAreAllTranscribed() throws Exception {
    Path many = Files.createDirectories(dir.resolve("many"));
    float[] sound = SoundFiles.sine(8000, 1, 0.055);
    for (int i = 0; i < 150; i++) {
      SoundFiles.wav(many.resolve("s" + i + ".wav"), sound, 8000, 1, 16, false);
    }
    Path out = dir.resolve("out");

    CommandLines result = CommandLines.run("transcribe", many, "-o", out, "--csv");

    assertThat(result.exit()).as(result.err()).isZero();
    List<String> first = Files.readAllLines(out.resolve("s0.csv"));
    assertThat(first).hasSizeGreaterThan(1);
    for (int i = 0; i < 150; i++) {
      assertThat(Files.readAllLines(out.resolve("s" + i + ".csv"))).isEqualTo(first);
    }
  }

  @Test
  void standardInputGoesToStandardOutput() throws Exception {
    Path wav = dir.resolve("one.wav");
    Rendering.write(Piece.compose(3, 4), wav);
    Path out = dir.resolve("out");
    CommandLines expected = CommandLines.run("transcribe", wav, "-o", out);
    assertThat(expected.exit()).isZero();
    byte[] bytes = Files.readAllBytes(wav);
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(SIZE_AT, -1);

    CommandLines piped = CommandLines.runWithInput(bytes, "transcribe", "-", "-o", "-");
    assertThat(piped.exit()).as(piped.err()).isZero();
    assertThat(piped.out()).isEqualTo(Files.readString(out.resolve("one.csv")));
    assertThat(piped.err()).contains("standard input: ", " notes -> standard output");

    CommandLines named = CommandLines.runWithInput(bytes, "transcribe", "-", "-o", out, "--csv");
    assertThat(named.exit()).as(named.err()).isZero();
    assertThat(out.resolve("stdin.csv")).hasSameTextualContentAs(out.resolve("one.csv"));
  }

  @Test
  void channelsThatCancelAreTranscribedFromOne() throws Exception {
    Path mono = dir.resolve("mono.wav");
    Path stereo = dir.resolve("stereo.wav");
    writeAntiphase(mono, stereo);
    Path out = dir.resolve("out");
    assertThat(CommandLines.run("transcribe", mono, "-o", out).exit()).isZero();
    List<String> right = Files.readAllLines(out.resolve("mono.csv"));

    CommandLines auto = CommandLines.run("transcribe", stereo, "-o", out);
    assertThat(auto.exit()).isZero();
    assertThat(auto.err())
        .startsWith("riffle: The channels of " + stereo + " cancel: ")
        .contains("Only the left channel is transcribed");
    assertThat(Files.readAllLines(out.resolve("stereo.csv"))).isEqualTo(right);

    CommandLines mix =
        CommandLines.run("transcribe", stereo, "-o", dir.resolve("mix"), "--channel", "mix");
    assertThat(mix.exit()).isZero();
    assertThat(mix.err()).contains("cancel").contains("Pass --channel auto");
    assertThat(rows(dir.resolve("mix/stereo.csv"))).hasSizeLessThan(right.size() / 2);

    CommandLines each = CommandLines.run("transcribe", stereo, "-o", out, "--channel", "each");
    assertThat(each.exit()).isZero();
    assertThat(each.err()).isEmpty();
    assertThat(each.out()).contains(stereo + ", the left channel: ", "stereo.2.mid");
    assertThat(Files.readAllLines(out.resolve("stereo.1.csv"))).isEqualTo(right);
    assertThat(Files.readAllLines(out.resolve("stereo.2.csv"))).hasSize(right.size());

    CommandLines again = CommandLines.run("transcribe", stereo, "-o", out, "--channel", "each");
    assertThat(again.err()).contains("stereo.1.csv", "exist. Pass --force");
  }

  @Test
  void theCasesOfTheField() throws Exception {
    Path cases = CommandLines.checkout().resolve("../shared/cases").normalize();
    assumeTrue(Files.isDirectory(cases), "the cases are not there");
    Path out = dir.resolve("out");

    CommandLines result =
        CommandLines.run(
            "transcribe",
            cases.resolve("stereo_out_of_phase"),
            cases.resolve("wav_streaming_sizes"),
            cases.resolve("formats_that_pass/id3.flac"),
            "-o",
            out,
            "--csv");

    assertThat(result.exit()).as(result.err()).isZero();
    assertThat(result.err()).contains("antiphase.flac cancel");
    assertThat(rows(out.resolve("antiphase.csv"))).hasSizeBetween(30, 40);
    assertThat(rows(out.resolve("size_ffff.csv"))).isNotEmpty();
    assertThat(rows(out.resolve("id3.csv"))).isNotEmpty();
  }

  /** Writes the left channel of a rendering, and a file of it and its negative. */
  private void writeAntiphase(Path mono, Path stereo) throws IOException {
    Path rendering = dir.resolve("rendering.wav");
    Rendering.write(Piece.compose(3, 4), rendering);
    try (AudioFile file = AudioFile.open(rendering)) {
      float[] all = SoundFiles.readAll(file, 4096);
      float[] left = new float[all.length / file.channels()];
      float[] both = new float[2 * left.length];
      for (int i = 0; i < left.length; i++) {
        left[i] = all[i * file.channels()];
        both[2 * i] = left[i];
        both[2 * i + 1] = -left[i];
      }
      SoundFiles.wav(mono, left, file.rate(), 1, 16, false);
      SoundFiles.wav(stereo, both, file.rate(), 2, 16, false);
    }
  }

  private static List<String> rows(Path csv) throws IOException {
    List<String> lines = Files.readAllLines(csv);
    return lines.subList(1, lines.size());
  }
}
