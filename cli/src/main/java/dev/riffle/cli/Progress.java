package dev.riffle.cli;

import java.io.PrintWriter;
import java.util.Locale;

/** One line at the bottom of the terminal that is written over; nothing where there is none. */
final class Progress {
  private static final int WIDTH = 28;
  private static final long EVERY_NANOS = 100_000_000;
  private static final String CLEAR = "\r\033[2K";

  private final PrintWriter out;
  private final boolean shown;
  private long last;

  Progress(PrintWriter out, boolean shown) {
    this.out = out;
    this.shown = shown;
  }

  /** Shows how far it is, at most ten times a second. */
  void show(double seconds, double of, String more) {
    long now = System.nanoTime();
    if (!shown || now - last < EVERY_NANOS) {
      return;
    }
    last = now;
    int filled = (int) Math.round(WIDTH * Math.min(1, seconds / of));
    String bar = "=".repeat(filled) + " ".repeat(WIDTH - filled);
    out.printf(Locale.ROOT, "%s[%s] %.1f of %.1f s%s", CLEAR, bar, Math.min(seconds, of), of, more);
    out.flush();
  }

  /** Prints a line above it. */
  void line(String text) {
    clear();
    out.println(text);
    out.flush();
    last = 0;
  }

  /** Takes it away. */
  void clear() {
    if (shown) {
      out.print(CLEAR);
      out.flush();
    }
  }
}
