package dev.riffle.cli.annotate;

import dev.riffle.cli.shared.Counted;
import dev.riffle.cli.shared.Progress;
import dev.riffle.schemas.Printable;
import java.io.PrintWriter;
import java.util.Locale;

/** What one input held: its counts, and its problems as lines on standard error. */
final class AnnotationReport {
  /** Problems that are reported one by one. */
  private static final int MAX_REPORTED = 20;

  private final PrintWriter err;
  private final String prefix; // of each line: the name and ": ", or nothing
  private final Progress progress;
  private long contigs;
  private long bases;
  private long genes;
  private long problems;

  AnnotationReport(PrintWriter err, String prefix, Progress progress) {
    this.err = err;
    this.prefix = prefix;
    this.progress = progress;
  }

  void contig(long itsBases) {
    contigs++;
    bases += itsBases;
  }

  void gene() {
    genes++;
  }

  void problem(String what) {
    problems++;
    if (problems <= MAX_REPORTED) {
      note(what);
    }
  }

  void note(String what) {
    boolean isNamed = what.startsWith(prefix.substring(0, Math.max(0, prefix.length() - 2)));
    say(isNamed ? what : prefix + what);
  }

  /** The input cannot be read at all; the message names it. */
  void refused(String why) {
    problems++;
    say(why);
  }

  /**
   * Prints the counts of an input that was read to its end, and how many problems were not reported
   * one by one.
   *
   * @param seconds that it took
   */
  void summarize(PrintWriter out, String name, double seconds, GeneFiles files) {
    progress.clear();
    out.printf(
        Locale.ROOT,
        "%s: %s, %s, %s%s; %.1f s, %.2f Mb/s%n",
        Printable.line(name),
        Counted.of(contigs, "contig"),
        Counted.of(bases, "base"),
        Counted.of(genes, "gene"),
        contigs > 0 ? Printable.line(files.toString()) : "",
        seconds,
        bases / 1e6 / seconds);
    out.flush();
    if (problems > MAX_REPORTED) {
      say(prefix + "and " + Counted.of(problems - MAX_REPORTED, "more problem") + ".");
    }
    err.flush();
  }

  private void say(String what) {
    progress.clear();
    err.println("riffle: " + Printable.line(what));
    err.flush();
  }

  long contigs() {
    return contigs;
  }

  long problems() {
    return problems;
  }
}
