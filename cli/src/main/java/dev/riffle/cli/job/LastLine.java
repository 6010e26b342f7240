package dev.riffle.cli.job;

import java.io.PrintWriter;
import java.util.function.Supplier;

/**
 * The line with which a run ends. Only the first is printed: a second Ctrl-C may arrive after the
 * result is known, while the cluster closes.
 */
final class LastLine {
  private boolean isPrinted;

  /** Prints a line, unless one was printed before. */
  synchronized void print(PrintWriter to, Supplier<String> line) {
    if (!isPrinted) {
      isPrinted = true;
      to.println(line.get());
      to.flush();
    }
  }
}
