package dev.riffle.cli.shared;

import java.util.Locale;

/** Numbers with what they count. */
public final class Counted {
  private Counted() {}

  /** {@code 1 contig}, {@code 0 contigs}, {@code 1,200 contigs}. */
  public static String of(long number, String noun) {
    return String.format(Locale.ROOT, "%,d %s%s", number, noun, number == 1 ? "" : "s");
  }
}
