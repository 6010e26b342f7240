package dev.riffle.cli.shared;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * What a command reads, for folders and patterns: the endings of the files that are taken from a
 * folder. A file that is named itself is read whatever its ending is.
 *
 * @param word such as {@code sound}
 * @param endings in lower case, without the dot
 * @param compressions endings that may follow, in lower case, without the dot
 */
public record InputKind(String word, List<String> endings, List<String> compressions) {
  /** Sound files. */
  public static final InputKind SOUND =
      new InputKind(
          "sound",
          List.of(
              "wav", "wave", "rf64", "w64", "bwf", "aif", "aiff", "aifc", "flac", "mp3", "mp2",
              "ogg", "oga", "opus", "m4a", "m4b", "aac", "au", "caf", "mka", "wma", "wv", "ac3"),
          List.of());

  /** Files of DNA. */
  public static final InputKind DNA =
      new InputKind(
          "DNA",
          List.of("fa", "fna", "fasta", "fas", "fsa", "ffn", "frn", "fq", "fastq"),
          List.of("gz", "bgz", "bz2", "xz", "zst"));

  /** True if a file of a folder is one of this kind, by its name. */
  boolean matches(Path file) {
    String name = file.getFileName().toString();
    return !name.startsWith(".") && endings.contains(ending(uncompressed(name)));
  }

  /** The name without its ending: {@code genome} of {@code genome.fna.gz}. */
  String stem(Path file) {
    String name = uncompressed(file.getFileName().toString());
    return name.substring(0, name.length() - lengthOfEnding(name));
  }

  private String uncompressed(String name) {
    return compressions.contains(ending(name))
        ? name.substring(0, name.length() - lengthOfEnding(name))
        : name;
  }

  private static String ending(String name) {
    int length = lengthOfEnding(name);
    return length == 0 ? "" : name.substring(name.length() - length + 1).toLowerCase(Locale.ROOT);
  }

  private static int lengthOfEnding(String name) {
    int dot = name.lastIndexOf('.');
    return dot > 0 ? name.length() - dot : 0;
  }
}
