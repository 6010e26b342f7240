package dev.riffle.cli.shared;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A directory that results can be written to; proved before the work begins. */
public record OutputDirectory(Path path) {

  /**
   * Makes it if it is not there.
   *
   * @throws Failure if it cannot be made or written to
   */
  public static OutputDirectory make(Path path) {
    try {
      Files.createDirectories(path);
      Files.delete(Files.createTempFile(path, ".riffle", ".probe"));
      return new OutputDirectory(path);
    } catch (IOException e) {
      throw new Failure(
          "The output directory "
              + path
              + " cannot be written to ("
              + e
              + "). Name another with -o, or change its permissions.",
          e);
    }
  }

  public Path file(String name) {
    return path.resolve(name);
  }
}
