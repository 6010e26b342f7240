package dev.riffle.dna.readuntil;

import dev.riffle.dna.Nucleotides;

/**
 * The k-mers that end at successive bases, as numbers of 2 bits per base. A k-mer and its reverse
 * complement count as one: the smaller of the two numbers.
 */
final class KmerScanner {
  /** Stands for a k-mer with an unknown base. */
  static final int UNKNOWN = -1;

  private static final int MASK = (1 << 2 * References.K) - 1;

  private int forward;
  private int reverse;
  private int known; // successive known bases

  /** Reads the next base; returns the k-mer that ends there, or {@link #UNKNOWN}. */
  int next(int base) {
    if (base >= Nucleotides.UNKNOWN) {
      known = 0;
      return UNKNOWN;
    }
    forward = (forward << 2 | base) & MASK;
    reverse = reverse >>> 2 | 3 - base << 2 * (References.K - 1);
    return ++known < References.K ? UNKNOWN : Math.min(forward, reverse);
  }
}
