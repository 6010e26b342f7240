package dev.riffle.cli.transcribe;

import dev.riffle.cli.notes.MidiTiming;
import dev.riffle.cli.notes.NoteFormat;
import dev.riffle.cli.notes.WrittenNote;
import dev.riffle.cli.shared.Failure;
import dev.riffle.cli.shared.OutputDirectory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The note files of a directory.
 *
 * @param formats each note file is written in
 * @param timing of MIDI files
 */
record NoteFiles(Path directory, List<NoteFormat> formats, MidiTiming timing) {

  /**
   * Checks that none of the files exists.
   *
   * @throws Failure with the names of those that do
   */
  void checkFree(List<Path> stems) {
    List<String> existing = new ArrayList<>();
    for (Path stem : stems) {
      for (NoteFormat format : formats) {
        Path file = file(stem, format);
        if (Files.exists(file)) {
          existing.add(file.toString());
        }
      }
    }
    if (!existing.isEmpty()) {
      throw new Failure(
          String.join(", ", existing)
              + (existing.size() == 1 ? " exists" : " exist")
              + ". Pass --force to replace, or another directory with -o.");
    }
  }

  /**
   * Writes notes in all formats.
   *
   * @param source what the notes were heard in
   * @return the files, with the number of their notes if it is another
   */
  List<String> write(Path stem, String source, List<WrittenNote> notes) {
    List<String> written = new ArrayList<>();
    for (NoteFormat format : formats) {
      Path file = file(stem, format);
      OutputDirectory.make(file.toAbsolutePath().getParent());
      try {
        format.write(file, source, notes, timing);
      } catch (IOException e) {
        throw new UncheckedIOException("Cannot write " + file + ": " + e.getMessage(), e);
      }
      int count = format.count(notes, timing);
      written.add(count == notes.size() ? file.toString() : file + " (" + count + " notes)");
    }
    return written;
  }

  private Path file(Path stem, NoteFormat format) {
    return directory.resolve(stem.resolveSibling(format.fileName(stem.getFileName().toString())));
  }
}
