package dev.riffle.cli.shared;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InputFilesTest {
  @TempDir Path dir;

  private Path touch(String name) throws IOException {
    Path path = dir.resolve(name);
    Files.createDirectories(path.getParent());
    return Files.createFile(path);
  }

  private static InputFiles sound(Object... arguments) {
    return InputFiles.of(
        java.util.Arrays.stream(arguments).map(Object::toString).toList(), InputKind.SOUND);
  }

  private static List<String> stems(InputFiles inputs) {
    return inputs.files().stream().map(f -> f.stem().toString().replace('\\', '/')).toList();
  }

  @Test
  void aFileIsNamedWithoutItsEndingWhereverItLies() throws IOException {
    InputFiles inputs = sound(touch("x/song.one.WAV"));

    assertThat(stems(inputs)).containsExactly("song.one");
    assertThat(inputs.several()).isFalse();
  }

  @Test
  void standardInputIsCalledStdin() {
    InputFiles inputs = sound("-");

    assertThat(stems(inputs)).containsExactly("stdin");
    assertThat(inputs.files().get(0).name()).isEqualTo("standard input");
    assertThat(stems(sound("/dev/stdin"))).containsExactly("stdin");
  }

  @Test
  void aFolderGivesItsFilesInOrderWithTheirPaths() throws IOException {
    touch("music/b/two.flac");
    touch("music/a.mp3");
    touch("music/b/c/three.Ogg");
    touch("music/cover.jpg");
    touch("music/.hidden.wav");
    touch("music/.trash/old.wav");
    InputFiles inputs = sound(dir.resolve("music"));

    assertThat(stems(inputs)).containsExactly("a", "b/c/three", "b/two");
    assertThat(inputs.several()).isTrue();
    assertThat(inputs.problems()).isEmpty();
  }

  @Test
  void aPatternGivesWhatMatchesBelowItsFirstWildcard() throws IOException {
    touch("music/a1.wav");
    touch("music/a2.wav");
    touch("music/b.wav");
    touch("music/b/a3.wav");

    assertThat(stems(sound(dir + "/music/a*.wav"))).containsExactly("a1", "a2");
    assertThat(stems(sound(dir + "/music/**.wav"))).containsExactly("a1", "a2", "b", "b/a3");
    assertThat(stems(sound(dir + "/mus*/*/a?.wav"))).containsExactly("music/b/a3");
    assertThat(sound(dir + "/none/*.wav").problems().get(0)).contains("No file matches");
  }

  @Test
  void aNameThatExistsIsNoPattern() throws IOException {
    touch("a1.wav");

    assertThat(stems(sound(touch("a[1].wav")))).containsExactly("a[1]");
  }

  @Test
  void aFolderWithoutFilesOfTheKindIsAProblemOfItsOwn() throws IOException {
    touch("texts/a.txt");
    InputFiles inputs = sound(dir.resolve("texts"), touch("a.wav"));

    assertThat(inputs.problems()).hasSize(1);
    assertThat(inputs.problems().get(0))
        .contains("The folder " + dir.resolve("texts") + " contains no sound file", ".wav", ".mp3");
    assertThat(stems(inputs)).containsExactly("a");
  }

  @Test
  void compressedDnaLosesBothEndings() throws IOException {
    touch("d/a.fna.gz");
    touch("d/b.fastq");
    touch("d/c.txt.gz");
    touch("d/e.FA.BZ2");
    InputFiles inputs = InputFiles.of(List.of(dir.resolve("d").toString()), InputKind.DNA);

    assertThat(stems(inputs)).containsExactly("a", "b", "e");
  }

  @Test
  void twoInputsOfOneOutputAreRefused() throws IOException {
    InputFiles inputs = sound(touch("a/x.wav"), touch("b/x.flac"), touch("y.wav"));
    List<InputFile> files = inputs.files();
    inputs.claim(files.get(0).stem(), files.get(0));
    inputs.claim(files.get(2).stem(), files.get(2));

    assertThatThrownBy(() -> inputs.claim(Path.of("./x"), files.get(1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(dir.resolve("a/x.wav") + " and " + dir.resolve("b/x.flac"))
        .hasMessageContaining("would both be written to");
  }

  @Test
  void linksThatLeadInCirclesEnd() throws IOException {
    touch("m/a.wav");
    Files.createSymbolicLink(dir.resolve("m/again"), dir.resolve("m"));
    Files.createSymbolicLink(dir.resolve("m/broken.wav"), dir.resolve("nowhere.wav"));

    assertThat(stems(sound(dir.resolve("m")))).containsExactly("a");
    assertThat(sound(dir.resolve("m")).problems()).isEmpty();
  }

  @Test
  void aPipeIsCopiedToAFileThatCanBeReadTwice() throws Exception {
    Path pipe = dir.resolve("pipe.wav");
    assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();
    Thread writer =
        new Thread(
            () -> {
              try {
                Files.writeString(pipe, "sound");
              } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
              }
            });
    writer.start();
    try (Workspace copies = Workspace.make()) {
      Path file = sound(pipe).files().get(0).asFile(copies);
      assertThat(Files.readString(file)).isEqualTo("sound");
      assertThat(Files.readString(file)).isEqualTo("sound");
    }
    writer.join();
  }
}
