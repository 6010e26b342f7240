package dev.riffle.models.golden;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Finds goldens in folders. */
public final class GoldenFiles {
  private GoldenFiles() {}

  /**
   * Returns all goldens in the folders and their subfolders, folder by folder, each sorted by path.
   * A golden is a {@code .safetensors} file other than a model, {@code model.safetensors}.
   */
  public static List<Path> in(List<Path> folders) throws IOException {
    List<Path> all = new ArrayList<>();
    for (Path folder : folders) {
      try (Stream<Path> files = Files.walk(folder)) {
        files
            .filter(f -> f.toString().endsWith(".safetensors"))
            .filter(f -> !f.endsWith("model.safetensors"))
            .sorted()
            .forEach(all::add);
      }
    }
    return all;
  }
}
