package dev.riffle.dna.readuntil;

import dev.riffle.dna.Nucleotides;

/** The words of {@link References#WORD} bases that end at successive bases, on one strand. */
final class WordScanner {
  /** Stands for a word with an unknown base. */
  static final int UNKNOWN = -1;

  /** Number of words. */
  static final int COUNT = 1 << 2 * References.WORD;

  private int word;
  private int known; // successive known bases

  /** Reads the next base; returns the word that ends there, or {@link #UNKNOWN}. */
  int next(int base) {
    if (base >= Nucleotides.UNKNOWN) {
      known = 0;
      return UNKNOWN;
    }
    word = (word << 2 | base) & COUNT - 1;
    return ++known < References.WORD ? UNKNOWN : word;
  }

  static int reverseComplement(int word) {
    int reverse = 0;
    for (int i = 0; i < References.WORD; i++) {
      reverse = reverse << 2 | 3 - (word >>> 2 * i & 3);
    }
    return reverse;
  }
}
