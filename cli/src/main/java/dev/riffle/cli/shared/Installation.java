package dev.riffle.cli.shared;

import java.nio.file.Path;

/** Where Riffle lies on this machine, as the launcher says it. */
public final class Installation {
  private Installation() {}

  /** The directory of the launcher; the working directory when started without it. */
  public static Path directory() {
    return Path.of(System.getProperty("riffle.home", "")).toAbsolutePath();
  }

  /** The shipped transcriber. */
  public static Path transcriber() {
    return directory().resolve("demo/models/lru-transcriber/1");
  }

  /** The shipped annotator of DNA. */
  public static Path annotator() {
    return directory().resolve("demo/models/dna-annotator/1");
  }

  /** The shipped judge of reads. */
  public static Path readUntil() {
    return directory().resolve("demo/models/read-until/1");
  }

  /** The shipped second pass. */
  public static Path secondPass() {
    return directory().resolve("demo/models/rse-second-pass/1");
  }

  /** Where Flink's and Kafka's log goes. */
  public static Path log() {
    String told = System.getProperty("riffle.log");
    return told != null
        ? Path.of(told)
        : Path.of(System.getProperty("java.io.tmpdir"), "riffle.log");
  }

  /** True if the output is a terminal, on which a line may be written over. */
  public static boolean terminal() {
    return Boolean.getBoolean("riffle.terminal");
  }
}
