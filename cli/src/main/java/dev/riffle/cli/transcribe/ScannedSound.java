package dev.riffle.cli.transcribe;

import dev.riffle.cli.audio.AudioFile;
import dev.riffle.cli.audio.ChannelChoice;
import dev.riffle.cli.shared.InputFile;
import dev.riffle.cli.shared.Workspace;
import dev.riffle.music.signal.ChannelLevels;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A sound file that was decoded once from the beginning to the end.
 *
 * @param input where it came from
 * @param file that contains it: itself, or a copy of a pipe
 * @param samples per channel
 * @param levels of its channels
 * @param warnings what was wrong but does not prevent its transcription
 */
record ScannedSound(
    InputFile input,
    Path file,
    Shape shape,
    long samples,
    ChannelLevels levels,
    Warnings warnings) {
  private static final int PIECE = 1 << 14;

  /** How its samples come. */
  record Shape(int rate, int channels, String encoding) {}

  /** Sentences. */
  record Warnings(List<String> texts) {}

  /**
   * Decodes a file.
   *
   * @throws dev.riffle.models.InputException if it cannot be decoded up to its end
   */
  static ScannedSound scan(InputFile input, Workspace copies) {
    Path path = input.asFile(copies);
    try (AudioFile file = AudioFile.open(path, input.name())) {
      ChannelLevels levels = new ChannelLevels(file.channels());
      float[] buffer = new float[PIECE * file.channels()];
      long samples = 0;
      for (int n = file.read(buffer, PIECE); n > 0; n = file.read(buffer, PIECE)) {
        levels.add(buffer, n);
        samples += n;
      }
      return new ScannedSound(
          input,
          path,
          new Shape(file.rate(), file.channels(), file.encoding()),
          samples,
          levels,
          new Warnings(List.copyOf(file.warnings())));
    }
  }

  double seconds() {
    return samples / (double) shape.rate;
  }

  /**
   * What is transcribed of it, each as its own sequence.
   *
   * @throws dev.riffle.models.InputException if it does not have the channel
   */
  List<Take> takes(ChannelChoice choice) {
    List<Take> takes = new ArrayList<>();
    for (int channel : choice.of(shape.channels, levels, input.name())) {
      Path stem = input.stem();
      takes.add(
          new Take(
              this,
              choice == ChannelChoice.EACH
                  ? stem.resolveSibling(stem.getFileName() + "." + (channel + 1))
                  : stem,
              channel));
    }
    return takes;
  }

  /** All warnings, also that the channels cancel if that matters for the choice. */
  List<String> warnings(ChannelChoice choice) {
    List<String> all = new ArrayList<>(warnings.texts);
    boolean mixed = choice == ChannelChoice.AUTO || choice == ChannelChoice.MIX;
    if (mixed && levels.cancel()) {
      all.add(
          String.format(
              Locale.ROOT,
              "The channels of %s cancel: their sum has %.1f %% of the energy of the channels, 100 %%"
                  + " is usual. %s",
              input.name(),
              100 * levels.sumRatio(),
              choice == ChannelChoice.AUTO
                  ? "Only "
                      + ChannelChoice.word(levels.loudest(), shape.channels)
                      + " is transcribed. Pass --channel left, right, each or mix for another choice."
                  : "Pass --channel auto to transcribe one channel instead of the mix."));
    }
    return all;
  }
}
