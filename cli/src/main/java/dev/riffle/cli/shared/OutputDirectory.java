package dev.riffle.cli.shared;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A directory that results can be written to; checked before the work begins. */
public record OutputDirectory(Path path) {

  /**
   * Creates it if it does not exist.
   *
   * @throws Failure if it cannot be created or written to
   */
  public static OutputDirectory make(Path path) {
    try {
      Files.createDirectories(path);
      Files.delete(Files.createTempFile(path, ".riffle", ".probe"));
      return new OutputDirectory(path);
    } catch (IOException e) {
      throw new Failure(
          "Cannot write to the output directory "
              + path
              + " ("
              + e
              + "). Choose another with -o, or change its permissions.",
          e);
    }
  }

  public Path file(String name) {
    return path.resolve(name);
  }
}
