package dev.riffle.jobs.cluster;

/** Stack traces that a cluster sends as text. */
public final class StackTrace {
  private static final String CAUSE = "Caused by: ";

  private StackTrace() {}

  /**
   * The line of the innermost cause: class and message. Causes of suppressed exceptions are
   * indented, and so not found.
   */
  public static String rootCause(String trace) {
    String found = trace.lines().findFirst().orElse("").strip();
    for (String line : (Iterable<String>) trace.lines()::iterator) {
      if (line.startsWith(CAUSE)) {
        found = line.substring(CAUSE.length()).strip();
      }
    }
    return found;
  }

  /** A line without the class of the exception, if there is a message. */
  public static String message(String line) {
    String shorter = line.replaceFirst("^[\\w.$]+(Exception|Error): ", "");
    return shorter.isBlank() ? line : shorter;
  }
}
