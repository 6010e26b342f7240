package dev.riffle.cli.shared;

import dev.riffle.models.InputException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * One file, pipe or standard input that a command reads.
 *
 * @param name in messages
 * @param path empty for standard input
 * @param stem what its output is called, without an ending, relative to the output directory
 */
public record InputFile(String name, Optional<Path> path, Path stem) {
  private static final String STANDARD_INPUT = "standard input";

  static InputFile standardInput() {
    return new InputFile(STANDARD_INPUT, Optional.empty(), Path.of("stdin"));
  }

  /**
   * Opens it for one pass from the beginning.
   *
   * @throws InputException if it does not exist or is a folder
   * @throws IOException if it cannot be read
   */
  public InputStream open() throws IOException {
    if (path.isEmpty()) {
      return new FilterInputStream(System.in) {
        @Override
        public void close() {
          // standard input stays open: it belongs to the JVM
        }
      };
    }
    if (!Files.exists(path.get())) {
      throw new InputException("The file " + name + " does not exist.");
    }
    return Files.newInputStream(path.get());
  }

  /**
   * A file with its content that can be read more than once: itself, or a copy of what a pipe or
   * standard input contains up to its end.
   *
   * @param copies keeps the copies
   * @throws InputException if it cannot be read
   */
  public Path asFile(Workspace copies) {
    if (path.isPresent()
        && (!Files.exists(path.get())
            || Files.isRegularFile(path.get())
            || Files.isDirectory(path.get()))) {
      return path.get(); // opening it will report what is wrong
    }
    try (InputStream in = open()) {
      Path copy = Files.createTempFile(copies.path(), "input", "");
      Files.copy(in, copy, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
      return copy;
    } catch (IOException e) {
      throw new InputException(name + " cannot be copied to a temporary file: " + e, e);
    }
  }
}
