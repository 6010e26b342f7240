package dev.riffle.dna;

import java.util.Locale;

/**
 * What the characters of a record are: bases, letters that only proteins have, or neither. For one
 * thread.
 */
public final class Composition {
  /** Share of characters from which on they are taken for something else than DNA. */
  private static final double FOREIGN = 0.1;

  private static final byte PROTEIN = 1;
  private static final byte ODD = 2;
  private static final byte[] KINDS = new byte[256];

  static {
    for (int c = 0; c < KINDS.length; c++) {
      KINDS[c] = "EFIJLOPQZ".indexOf(Character.toUpperCase((char) c)) >= 0 ? PROTEIN : ODD;
    }
    // IUPAC's letters for bases, unknown ones and gaps
    for (char c : "ACGTURYSWKMBDHVNX-*.".toCharArray()) {
      KINDS[c] = 0;
      KINDS[Character.toLowerCase(c)] = 0;
    }
  }

  private long letters;
  private long proteins;
  private long odd;

  /** True for IUPAC's letters for bases, for unknown ones and for gaps. */
  public static boolean isBase(byte character) {
    return KINDS[character & 0xff] == 0;
  }

  /** True for letters that stand for amino acids only. */
  public static boolean isProtein(byte character) {
    return KINDS[character & 0xff] == PROTEIN;
  }

  /** Counts characters, white space not among them. */
  public void add(byte[] characters, int count) {
    for (int i = 0; i < count; i++) {
      byte kind = KINDS[characters[i] & 0xff];
      proteins += kind & PROTEIN;
      odd += kind >> 1;
    }
    letters += count;
  }

  /** Why this is no DNA; null if it may be. */
  public String foreign() {
    if (proteins > FOREIGN * letters) {
      return String.format(
          Locale.ROOT,
          "it looks like a protein: %d of %d letters denote amino acids only; give the DNA",
          proteins,
          letters);
    }
    if (odd > FOREIGN * letters) {
      return String.format(
          Locale.ROOT,
          "%d of %d characters are no letters of DNA: it is no sequence",
          odd,
          letters);
    }
    return null;
  }

  /** What was read as an unknown base although it is no letter for one; null if nothing was. */
  public String oddities() {
    long count = proteins + odd;
    return count == 0
        ? null
        : String.format(
            Locale.ROOT,
            "%d of %d characters are no letters of DNA and were read as unknown bases",
            count,
            letters);
  }
}
