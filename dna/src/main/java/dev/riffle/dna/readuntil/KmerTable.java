package dev.riffle.dna.readuntil;

import dev.riffle.models.InputException;

/**
 * A set of k-mers, each with the genomes that contain it: a bit mask of {@link #TARGET} and {@link
 * #BACKGROUND}. A hash table with linear probing, at most 60 % full.
 */
final class KmerTable {
  /** Mask of a k-mer that no genome contains. */
  static final int NONE = 0;

  static final int TARGET = 1;
  static final int BACKGROUND = 2;

  /** Most distinct k-mers: their table takes 1 GB. */
  private static final int MAX_KMERS = 150_000_000;

  private static final int MASK_BITS = 2;
  private static final int MASKS = 1 << MASK_BITS;
  private static final int FIRST_BITS = 16;
  private static final int GOLDEN_RATIO = 0x9E3779B1;

  private int[] entries = new int[1 << FIRST_BITS]; // 4 kmer + mask, 0 for an empty slot
  private int shift = Integer.SIZE - FIRST_BITS;
  private int used;

  /**
   * Adds a k-mer of a genome.
   *
   * @param of {@link #TARGET} or {@link #BACKGROUND}
   * @throws InputException if there are too many k-mers
   */
  void add(int kmer, int of) {
    int slot = slot(kmer);
    if (entries[slot] == 0) {
      if (used == MAX_KMERS) {
        throw new InputException(
            "Expected references of at most "
                + MAX_KMERS
                + " distinct "
                + References.K
                + "-mers but there are more, so that every read would have many of them by chance."
                + " Name fewer or smaller genomes, or only the regions of interest.");
      }
      used++;
    }
    entries[slot] |= kmer << MASK_BITS | of;
    if (used > entries.length / 5 * 3) {
      grow();
    }
  }

  /** The mask of a k-mer. */
  int get(int kmer) {
    return entries[slot(kmer)] & MASKS - 1;
  }

  /**
   * Counts the k-mers of genomes.
   *
   * @param of {@link #TARGET} or {@link #BACKGROUND}
   */
  int count(int of) {
    int count = 0;
    for (int entry : entries) {
      count += (entry & of) == 0 ? 0 : 1;
    }
    return count;
  }

  /** The slot of the k-mer, or the empty slot that it would take. */
  private int slot(int kmer) {
    int last = entries.length - 1;
    int slot = kmer * GOLDEN_RATIO >>> shift;
    while (entries[slot] != 0 && entries[slot] >>> MASK_BITS != kmer) {
      slot = slot + 1 & last;
    }
    return slot;
  }

  private void grow() {
    int[] old = entries;
    entries = new int[2 * old.length];
    shift--;
    for (int entry : old) {
      if (entry != 0) {
        entries[slot(entry >>> MASK_BITS)] = entry;
      }
    }
  }
}
