package dev.riffle.benchmarks.support;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Finds files of the checkout that the working directory lies in. */
public final class Checkout {
  private static final String PEERS = "training/peers";

  private Checkout() {}

  /** A script of the peers. */
  public static Path script(String name) {
    return root().resolve(PEERS).resolve(name);
  }

  /** A file in benchmarks/target, whose folder is there. */
  public static Path target(String name) throws IOException {
    return Files.createDirectories(root().resolve("benchmarks/target/peers")).resolve(name);
  }

  private static Path root() {
    Path start = Path.of("").toAbsolutePath();
    for (Path folder = start; folder != null; folder = folder.getParent()) {
      if (Files.exists(folder.resolve(PEERS))) {
        return folder;
      }
    }
    throw new IllegalStateException(
        "Run this in a checkout of Riffle: no folder above " + start + " has " + PEERS + ".");
  }
}
