package dev.riffle.cli;

import java.nio.file.Path;

/** File names without their last suffix. */
final class FileNames {
  private FileNames() {}

  /** {@code song} of {@code music/song.flac}. */
  static String of(Path file) {
    String name = file.getFileName().toString();
    int dot = name.lastIndexOf('.');
    return dot > 0 ? name.substring(0, dot) : name;
  }
}
