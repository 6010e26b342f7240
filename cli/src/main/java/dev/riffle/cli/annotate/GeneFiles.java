package dev.riffle.cli.annotate;

import dev.riffle.cli.shared.Failure;
import dev.riffle.cli.shared.InputFile;
import dev.riffle.cli.shared.InputFiles;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.StringJoiner;

/**
 * The files that the genes of one input are written to: one for each format, or standard output in
 * one format.
 *
 * @param paths of each format; without a path for standard output
 */
record GeneFiles(Map<GeneWriter, Optional<Path>> paths) {

  /**
   * What the options ask for.
   *
   * @param output file or directory; standard output if absent
   */
  record Options(Optional<Path> output, boolean bed, boolean json, boolean force) {}

  /**
   * The files of each input. Nothing is created yet.
   *
   * @param toDirectory true to name the files of each input after it, in the directory {@code
   *     output}
   * @throws IllegalArgumentException if the options, or two outputs, exclude each other
   * @throws Failure if a file exists
   */
  static Map<InputFile, GeneFiles> of(InputFiles inputs, boolean toDirectory, Options options) {
    if (toDirectory && !options.output().filter(GeneFiles::canBeDirectory).isPresent()) {
      throw new IllegalArgumentException(
          "Several inputs need a directory for their outputs, found "
              + options.output().map(file -> "the file " + file).orElse("standard output")
              + ". Pass -o DIR.");
    }
    Map<InputFile, GeneFiles> all = new LinkedHashMap<>();
    for (InputFile input : inputs.files()) {
      Optional<Path> gff = options.output();
      if (toDirectory) {
        String stem = input.stem().getFileName().toString();
        Path own = gff.get().resolve(input.stem()).resolveSibling(stem + ".gff3");
        inputs.claim(own, input);
        gff = Optional.of(own);
      }
      all.put(input, gff.map(path -> files(path, options)).orElseGet(() -> stream(options)));
    }
    return all;
  }

  private static boolean canBeDirectory(Path output) {
    return !Files.exists(output) || Files.isDirectory(output);
  }

  private static GeneFiles stream(Options options) {
    if (options.bed() && options.json()) {
      throw new IllegalArgumentException(
          "--bed and --json cannot both write to standard output. Pass -o FILE.");
    }
    GeneWriter form =
        options.bed() ? GeneWriter.BED : options.json() ? GeneWriter.JSON : GeneWriter.GFF3;
    return new GeneFiles(Map.of(form, Optional.empty()));
  }

  private static GeneFiles files(Path gff, Options options) {
    Map<GeneWriter, Optional<Path>> paths = new EnumMap<>(GeneWriter.class);
    paths.put(GeneWriter.GFF3, Optional.of(gff));
    if (options.bed()) {
      paths.put(GeneWriter.BED, Optional.of(withSuffix(gff, GeneWriter.BED)));
    }
    if (options.json()) {
      paths.put(GeneWriter.JSON, Optional.of(withSuffix(gff, GeneWriter.JSON)));
    }
    for (Optional<Path> path : paths.values()) {
      if (!options.force() && path.filter(Files::exists).isPresent()) {
        throw new Failure(
            path.get() + " exists. Pass --force to replace it, or another file with -o.");
      }
    }
    return new GeneFiles(Collections.unmodifiableMap(paths));
  }

  private static Path withSuffix(Path gff, GeneWriter form) {
    String name = gff.getFileName().toString();
    int dot = name.lastIndexOf('.');
    Path path =
        gff.resolveSibling((dot > 0 ? name.substring(0, dot) : name) + "." + form.extension());
    if (path.equals(gff)) {
      throw new IllegalArgumentException(
          "The GFF3 file "
              + gff
              + " has the name that --"
              + form.extension()
              + " writes to. Pass another file with -o.");
    }
    return path;
  }

  /**
   * Creates the files and writes their headers.
   *
   * @param stream standard output
   * @throws Failure if a file cannot be created
   */
  GeneOutput open(PrintWriter stream, AnnotationReport report) {
    Map<GeneWriter, PrintWriter> writers = new EnumMap<>(GeneWriter.class);
    GeneOutput output = new GeneOutput(writers, stream, report);
    paths.forEach(
        (form, path) -> {
          PrintWriter to = stream;
          if (path.isPresent()) {
            try {
              to = create(path.get());
            } catch (IOException failed) {
              output.close();
              throw new Failure(
                  path.get() + " cannot be written (" + failed + "). Pass another file with -o.",
                  failed);
            }
          }
          writers.put(form, to);
          form.begin(to);
        });
    return output;
  }

  /** Removes files with headers only, of an input of which nothing was annotated. */
  void remove() throws IOException {
    for (Optional<Path> path : paths.values()) {
      if (path.filter(Files::isRegularFile).isPresent()) { // not a pipe or a device
        Files.delete(path.get());
      }
    }
  }

  private static PrintWriter create(Path path) throws IOException {
    Files.createDirectories(path.toAbsolutePath().getParent());
    return new PrintWriter(Files.newBufferedWriter(path, StandardCharsets.UTF_8));
  }

  /** The paths for the line that reports the input; empty for standard output. */
  @Override
  public String toString() {
    StringJoiner written = new StringJoiner(", ", " -> ", "").setEmptyValue("");
    paths.values().forEach(path -> path.ifPresent(file -> written.add(file.toString())));
    return written.toString();
  }
}
