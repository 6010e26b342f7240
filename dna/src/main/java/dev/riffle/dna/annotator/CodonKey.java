package dev.riffle.dna.annotator;

import dev.riffle.dna.Nucleotides;

/**
 * Three base codes, 0 to 4 each, as one number: the key of tables over all codons, unknown bases
 * included. The key of the next codon follows from the present one and one more base.
 */
final class CodonKey {
  private static final int CODES = 5;

  /** Number of keys. */
  static final int COUNT = CODES * CODES * CODES;

  private CodonKey() {}

  /** The key of two bases, to which {@link #shift} adds the third one. */
  static int ofTwo(int first, int second) {
    return first * CODES + second;
  }

  /** Drops the first base of a key and appends one. */
  static int shift(int key, int base) {
    return key % (CODES * CODES) * CODES + base;
  }

  private static int first(int key) {
    return key / (CODES * CODES);
  }

  private static int second(int key) {
    return key / CODES % CODES;
  }

  private static int third(int key) {
    return key % CODES;
  }

  /** The codon of a key on the forward strand; see {@link Nucleotides#codon}. */
  static int forwardCodon(int key) {
    return Nucleotides.codon(first(key), second(key), third(key));
  }

  /** The codon on the reverse strand at these bases; see {@link Nucleotides#reverseCodon}. */
  static int reverseCodon(int key) {
    return Nucleotides.reverseCodon(first(key), second(key), third(key));
  }
}
