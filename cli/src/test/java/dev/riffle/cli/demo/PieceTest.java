package dev.riffle.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.riffle.cli.audio.AudioFile;
import dev.riffle.cli.audio.SoundFiles;
import dev.riffle.cli.notes.WrittenNote;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PieceTest {
  @TempDir Path dir;

  @Test
  void aSeedIsAPiece() {
    assertThat(Piece.compose(7, 20)).isEqualTo(Piece.compose(7, 20));
    assertThat(Piece.compose(7, 20).notes()).isNotEqualTo(Piece.compose(8, 20).notes());
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, -1, Long.MAX_VALUE})
  void everyPieceCanBePlayedOnAPiano(long seed) {
    Piece piece = Piece.compose(seed, 24);

    assertThat(piece.seconds()).isBetween(20.0, 28.0);
    assertThat(piece.notes()).hasSizeGreaterThan(40).isSortedAccordingTo(WrittenNote.ORDER);
    for (WrittenNote a : piece.notes()) {
      assertThat(a.pitch()).isBetween(21, 108);
      assertThat(a.velocity()).isBetween(1, 127);
      assertThat(a.offset()).isGreaterThan(a.onset());
      assertThat(piece.notes())
          .as("no key is struck while it is held")
          .noneMatch(
              b ->
                  !b.equals(a)
                      && b.pitch() == a.pitch()
                      && b.onset() < a.offset()
                      && a.onset() < b.offset());
    }
  }

  @Test
  void aRenderedPieceSoundsAsLongAsItsScore() throws IOException {
    Piece piece = Piece.compose(1, 6);
    Path wav = dir.resolve("piece.wav");
    Rendering.write(piece, wav);

    try (AudioFile file = AudioFile.open(wav)) {
      assertThat(file.rate()).isEqualTo(44100);
      assertThat(file.length() / 44100.0).isEqualTo(piece.seconds() + 1, within(0.01));
      float[] sound = SoundFiles.readAll(file, 4096);
      int first = ((int) (piece.notes().get(0).onset() * 44100)) * file.channels();
      assertThat(loudest(sound, 0, first)).isLessThan(0.001f);
      assertThat(loudest(sound, first, sound.length)).isBetween(0.02f, 1f);
    }
  }

  private static float loudest(float[] sound, int from, int to) {
    float max = 0;
    for (int i = from; i < to; i++) {
      max = Math.max(max, Math.abs(sound[i]));
    }
    return max;
  }
}
