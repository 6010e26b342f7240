package dev.riffle.dna.readuntil;

import dev.riffle.dna.Nucleotides;

/**
 * Compares 15 bases of a read with the references. For each base i, with c_i the genomes that
 * contain the k-mer that ends there ({@link KmerTable}; 0 if one of its bases is unknown), these
 * values are computed. The evidence is their mean.
 *
 * <pre>
 *    0   c_i = 1                     only the targets contain it
 *    1   c_i = 2                     only the background
 *    2   c_i = 3                     both
 *    3   c_i, c_(i-1) in targets     a hit that continues: random hits rarely do
 *    4   c_i, c_(i-1) in background
 *    5   ln(k-mers of targets / all k-mers) / 10     how often chance hits
 *    6   the same for the background; -2 if it is unknown
 *    7   1 if the background is known
 *    8   3 ln(4 P(x_i | x_(i-5) ... x_(i-1))) in targets   0 if one of the six is unknown
 *    9   the same in the background
 *   10   1/2 if x_i is C or G, else -1/2
 *   11   3/4 if x_i = x_(i-1), else -1/4                   repeats, low complexity
 *   12   x_(i-2), 13   x_(i-3) likewise
 *   14   1 if all bases of the k-mer are known
 * </pre>
 */
final class Evidence {
  /** Bases of a step. */
  static final int STEP = 15;

  /** Bases before a step that its evidence reads: those of the k-mer before the first one. */
  static final int BEFORE = References.K;

  /** Values of a step. */
  static final int WIDTH = 15;

  // Indices of the values.
  private static final int IN_ONE_OR_BOTH = 0; // 0 to 2: c_i - 1
  private static final int TARGETS_CONTINUE = 3;
  private static final int BACKGROUND_CONTINUES = 4;
  private static final int TARGET_DENSITY = 5;
  private static final int BACKGROUND_DENSITY = 6;
  private static final int BACKGROUND_KNOWN = 7;
  private static final int TARGET_COMPOSITION = 8;
  private static final int BACKGROUND_COMPOSITION = 9;
  private static final int GC = 10;
  private static final int REPEATS = 11; // 11 to 13: at distances 1 to 3
  private static final int KMER_KNOWN = 14;

  private static final double UNKNOWN_DENSITY = -2;
  private static final int DISTANCES = 3;

  private Evidence() {}

  /**
   * Writes the evidence of one step.
   *
   * @param bases codes: {@link #BEFORE} ones before the step, then {@link #STEP} of it; {@link
   *     Nucleotides#UNKNOWN} before the first base of a read
   * @param to receives {@link #WIDTH} values from index {@code at} on
   */
  static void of(References references, byte[] bases, float[] to, int at) {
    double[] sum = new double[WIDTH];
    KmerScanner kmers = new KmerScanner();
    WordScanner words = new WordScanner();
    int before = KmerTable.NONE;
    for (int i = 0; i < BEFORE + STEP; i++) {
      byte x = bases[i];
      int kmer = kmers.next(x);
      int word = words.next(x);
      int c = kmer == KmerScanner.UNKNOWN ? KmerTable.NONE : references.genomesOf(kmer);
      if (i >= BEFORE) {
        if (c != KmerTable.NONE) {
          sum[IN_ONE_OR_BOTH + c - 1]++;
        }
        int continued = c & before;
        sum[TARGETS_CONTINUE] += (continued & KmerTable.TARGET) == 0 ? 0 : 1;
        sum[BACKGROUND_CONTINUES] += (continued & KmerTable.BACKGROUND) == 0 ? 0 : 1;
        if (word != WordScanner.UNKNOWN) {
          sum[TARGET_COMPOSITION] += 3 * references.targetComposition(word);
          sum[BACKGROUND_COMPOSITION] += 3 * references.backgroundComposition(word);
        }
        sum[GC] += x == 1 || x == 2 ? 0.5 : -0.5;
        for (int d = 1; d <= DISTANCES; d++) {
          boolean repeats = x == bases[i - d] && x < Nucleotides.UNKNOWN;
          sum[REPEATS + d - 1] += repeats ? 0.75 : -0.25;
        }
        sum[KMER_KNOWN] += kmer == KmerScanner.UNKNOWN ? 0 : 1;
      }
      before = c;
    }
    boolean known = references.backgroundKmers() > 0;
    sum[TARGET_DENSITY] = STEP * references.targetDensity() / 10;
    sum[BACKGROUND_DENSITY] =
        STEP * (known ? references.backgroundDensity() / 10 : UNKNOWN_DENSITY);
    sum[BACKGROUND_KNOWN] = known ? STEP : 0;
    for (int j = 0; j < WIDTH; j++) {
      to[at + j] = (float) (sum[j] / STEP);
    }
  }
}
