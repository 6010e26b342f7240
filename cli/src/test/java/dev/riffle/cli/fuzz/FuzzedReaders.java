package dev.riffle.cli.fuzz;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** All readers of files. */
final class FuzzedReaders {
  private FuzzedReaders() {}

  /**
   * All readers, in the order of the table.
   *
   * @param directory receives the files that are read; the one that is read when the JVM dies stays
   */
  static List<FuzzedReader> all(Path directory) throws IOException {
    Path folder = directory.resolve("files");
    List<FuzzedReader> all = new ArrayList<>();
    all.addAll(SoundReaders.all(folder));
    all.addAll(DnaReaders.all());
    all.addAll(ModelReaders.all(folder));
    all.addAll(JobReaders.all(folder));
    return all;
  }
}
