package dev.riffle.cli.shared;

import dev.riffle.schemas.Printable;
import java.io.PrintWriter;
import java.util.Locale;

/** A progress line at the bottom of a terminal; silent without a terminal. */
public final class Progress {
  private static final int WIDTH = 28;
  private static final long EVERY_NANOS = 100_000_000;
  private static final String CLEAR = "\r\033[2K";

  private final PrintWriter out;
  private final boolean shown;
  private long last;

  public Progress(PrintWriter out, boolean shown) {
    this.out = out;
    this.shown = shown;
  }

  /** Shows the progress of a sound, at most ten times a second. */
  public void show(double seconds, double of, String more) {
    bar(
        seconds,
        of,
        String.format(Locale.ROOT, "%.1f of %.1f s%s", Math.min(seconds, of), of, more));
  }

  /** Shows the progress of a contig, at most ten times a second. */
  public void showBases(double bases, double of, String more) {
    bar(bases, of, String.format(Locale.ROOT, "%,.0f of %,.0f bases%s", bases, of, more));
  }

  /** Shows the progress of many files, at most ten times a second. */
  public void showFiles(int done, int of, String what) {
    bar(done, of, String.format(Locale.ROOT, "%,d of %,d files %s", done, of, what));
  }

  private void bar(double done, double of, String text) {
    long now = System.nanoTime();
    if (!shown || now - last < EVERY_NANOS) {
      return;
    }
    last = now;
    int filled = (int) Math.round(WIDTH * Math.min(1, done / of));
    String bar = "=".repeat(filled) + " ".repeat(WIDTH - filled);
    out.print(CLEAR + "[" + bar + "] " + text);
    out.flush();
  }

  /** Prints a line above the progress line. */
  public void line(String text) {
    clear();
    out.println(Printable.lines(text));
    out.flush();
    last = 0;
  }

  /** Removes the line. */
  public void clear() {
    if (shown) {
      out.print(CLEAR);
      out.flush();
    }
  }
}
