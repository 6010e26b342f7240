package dev.riffle.cli.shared;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** A temporary directory, deleted with its content on close and on Ctrl-C. */
public final class Workspace implements AutoCloseable {
  private final Path path;
  private final ShutdownHook.Registration ctrlC;

  private Workspace(Path path) {
    this.path = path;
    this.ctrlC = ShutdownHook.onCtrlC(this::delete);
  }

  public static Workspace make() {
    try {
      return new Workspace(Files.createTempDirectory("riffle-files"));
    } catch (IOException e) {
      throw new Failure(
          "Cannot create a directory in " + System.getProperty("java.io.tmpdir") + ": " + e, e);
    }
  }

  public Path path() {
    return path;
  }

  private void delete() {
    try (Stream<Path> files = Files.list(path)) {
      for (Path file : files.toList()) {
        Files.deleteIfExists(file);
      }
      Files.deleteIfExists(path);
    } catch (IOException e) {
      throw new UncheckedIOException(
          "Cannot delete the temporary files in " + path + ": " + e.getMessage(), e);
    }
  }

  @Override
  public void close() {
    ctrlC.close();
    if (!ShutdownHook.asked()) {
      delete();
    }
  }
}
