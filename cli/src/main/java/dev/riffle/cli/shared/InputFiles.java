package dev.riffle.cli.shared;

import java.io.IOException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.FileSystems;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * The inputs of a command and the names of its outputs.
 *
 * <pre>
 *   -                  standard input          output is called  stdin
 *   file, named pipe   itself                                    its name without the ending
 *   folder             the files of the kind in it and below     their paths relative to the folder
 *   pattern, *.wav     the files that match it                   their paths relative to the part
 *                                                                before the first wildcard
 * </pre>
 *
 * A name that exists is never a pattern. Files of a folder or pattern come in the order of their
 * paths; hidden ones are left out.
 */
public final class InputFiles {
  /** The argument for standard input or output. */
  public static final String STREAM = "-";

  private static final String WILDCARDS = "*?[{";

  private final InputKind kind;
  private final List<InputFile> files = new ArrayList<>();
  private final List<String> problems = new ArrayList<>();
  private final Map<Path, String> outputs = new HashMap<>(); // and the input of each
  private boolean several;

  private InputFiles(InputKind kind) {
    this.kind = kind;
  }

  /** Lists the inputs. An argument that gives none is a problem; the others are not affected. */
  public static InputFiles of(List<String> arguments, InputKind kind) {
    InputFiles inputs = new InputFiles(kind);
    arguments.forEach(inputs::add);
    inputs.several |= arguments.size() > 1;
    return inputs;
  }

  /** All inputs, in the order of the arguments. */
  public List<InputFile> files() {
    return Collections.unmodifiableList(files);
  }

  /** Why an argument gives no input, a sentence for each. */
  public List<String> problems() {
    return Collections.unmodifiableList(problems);
  }

  /** True for more than one argument, a folder or a pattern: then the output is a directory. */
  public boolean several() {
    return several;
  }

  /**
   * Takes a name for the output of an input.
   *
   * @param output with its ending, or without if all endings are taken
   * @throws IllegalArgumentException if another input has it
   */
  public void claim(Path output, InputFile by) {
    String other = outputs.putIfAbsent(output.normalize(), by.name());
    if (other != null) {
      throw new IllegalArgumentException(
          String.format(
              "%s and %s would both be written to %s: rename one, or write them to two directories,"
                  + " one after the other.",
              other, by.name(), output));
    }
  }

  private void add(String argument) {
    if (argument.equals(STREAM)) {
      files.add(InputFile.standardInput());
      return;
    }
    try {
      Path path = Path.of(argument);
      if (Files.isDirectory(path)) {
        addFolder(path);
      } else if (firstWildcard(argument) >= 0 && !Files.exists(path)) {
        addPattern(argument);
      } else {
        files.add(file(path, path.toAbsolutePath().getParent()));
      }
    } catch (InvalidPathException e) {
      problems.add("'" + argument + "' cannot be the name of a file here: " + e.getReason() + ".");
    }
  }

  private InputFile file(Path path, Path folder) {
    Path absolute = path.toAbsolutePath();
    if (absolute.getFileName() == null) { // the root
      return new InputFile(path.toString(), Optional.of(path), Path.of("root"));
    }
    Path relative = folder.toAbsolutePath().relativize(absolute);
    return new InputFile(
        path.toString(), Optional.of(path), relative.resolveSibling(kind.stem(relative)));
  }

  private void addFolder(Path folder) {
    several = true;
    List<Path> found = walk(folder, Integer.MAX_VALUE, kind::matches);
    if (found.isEmpty()) {
      problems.add(
          String.format(
              "The folder %s contains no %s file: no name in it ends in %s. A file with another"
                  + " ending is read if it is named itself.",
              folder, kind.word(), endings()));
    }
    found.forEach(path -> files.add(file(path, folder)));
  }

  private String endings() {
    return "." + String.join(", .", kind.endings());
  }

  private void addPattern(String pattern) {
    several = true;
    int separator =
        pattern.lastIndexOf(FileSystems.getDefault().getSeparator(), firstWildcard(pattern));
    Path folder = Path.of(pattern.substring(0, separator + 1));
    PathMatcher matcher = FileSystems.getDefault().getPathMatcher("glob:" + pattern);
    List<Path> found = new ArrayList<>();
    int depth =
        pattern.contains("**")
            ? Integer.MAX_VALUE
            : Path.of(pattern.substring(separator + 1)).getNameCount();
    for (Path path : walk(folder, depth, p -> !p.getFileName().toString().startsWith("."))) {
      if (matcher.matches(path)) {
        found.add(path);
      }
    }
    if (found.isEmpty()) {
      problems.add("No file matches the pattern '" + pattern + "', and no file has this name.");
    }
    found.forEach(path -> files.add(file(path, folder)));
  }

  private static int firstWildcard(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (WILDCARDS.indexOf(text.charAt(i)) >= 0) {
        return i;
      }
    }
    return -1;
  }

  /** Regular files below a folder, sorted; what cannot be read is a problem. */
  private List<Path> walk(Path folder, int depth, Predicate<Path> wanted) {
    List<Path> found = new ArrayList<>();
    try {
      Files.walkFileTree(
          folder,
          EnumSet.of(FileVisitOption.FOLLOW_LINKS),
          depth,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path path, BasicFileAttributes attributes) {
              Path name = path.getFileName();
              boolean hidden = name != null && name.toString().matches("\\.[^.].*");
              return hidden && !path.equals(folder)
                  ? FileVisitResult.SKIP_SUBTREE
                  : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path path, BasicFileAttributes attributes) {
              if (attributes.isRegularFile() && wanted.test(path)) {
                found.add(path);
              }
              return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path path, IOException e) {
              if (!(e instanceof FileSystemLoopException) && !(e instanceof NoSuchFileException)) {
                problems.add(path + " cannot be read: " + e);
              }
              return FileVisitResult.CONTINUE;
            }
          });
    } catch (IOException e) {
      problems.add(folder + " cannot be read: " + e);
    }
    Collections.sort(found);
    return found;
  }
}
