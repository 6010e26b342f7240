package dev.riffle.cli.shared;

import java.nio.file.Path;

/** Where Riffle is installed, as the launcher reports it. */
public final class Installation {
  private Installation() {}

  /** The directory of the launcher; the working directory when started without it. */
  public static Path directory() {
    return Path.of(System.getProperty("riffle.home", "")).toAbsolutePath();
  }

  /** The shipped transcriber. */
  public static Path transcriber() {
    return directory().resolve("demo/models/lru-transcriber/1.1");
  }

  /** The shipped annotator of DNA. */
  public static Path annotator() {
    return directory().resolve("demo/models/dna-annotator/1");
  }

  /** The shipped read-until model. */
  public static Path readUntil() {
    return directory().resolve("demo/models/read-until/1");
  }

  /** The shipped second pass. */
  public static Path secondPass() {
    return directory().resolve("demo/models/rse-second-pass/1");
  }

  /** True if the output is a terminal, where a line can be overwritten. */
  public static boolean terminal() {
    return Boolean.getBoolean("riffle.terminal");
  }
}
