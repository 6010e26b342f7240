package dev.riffle.docs;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/** The files of this checkout, without what a build made. */
final class Tree {
  static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

  private static final Set<String> BUILT = Set.of("target", "build", "out");

  private Tree() {}

  /** Paths below the root with slashes, sorted, of the files that the test accepts. */
  static List<String> files(Predicate<String> accepted) throws IOException {
    List<String> files = new ArrayList<>();
    Files.walkFileTree(
        ROOT,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
            String name = folder.getFileName().toString();
            return !folder.equals(ROOT) && (name.startsWith(".") || BUILT.contains(name))
                ? FileVisitResult.SKIP_SUBTREE
                : FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            String path = ROOT.relativize(file).toString().replace('\\', '/');
            if (accepted.test(path)) {
              files.add(path);
            }
            return FileVisitResult.CONTINUE;
          }
        });
    return files.stream().sorted().toList();
  }

  static String read(String path) throws IOException {
    return Files.readString(ROOT.resolve(path));
  }
}
