package dev.riffle.cli.shared;

import java.nio.file.Path;

/** File names without their last suffix. */
public final class FileNames {
  private FileNames() {}

  /** {@code song} of {@code music/song.flac}. */
  public static String of(Path file) {
    String name = file.getFileName().toString();
    int dot = name.lastIndexOf('.');
    return dot > 0 ? name.substring(0, dot) : name;
  }
}
