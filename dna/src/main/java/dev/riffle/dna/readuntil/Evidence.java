package dev.riffle.dna.readuntil;

import dev.riffle.dna.Nucleotides;

/**
 * What references say of 15 bases of a read. Of each base i, with c_i the class of the k-mer that
 * ends there (0 if one of its bases is not known), these are taken, and their mean is the answer:
 *
 * <pre>
 *    0   c_i = 1              in targets alone
 *    1   c_i = 2              in the rest alone
 *    2   c_i = 3              in both
 *    3   c_i, c_(i-1) in targets         a hit that continues: random hits rarely do
 *    4   c_i, c_(i-1) in the rest
 *    5   ln(k-mers of targets / k-mers there are) / 10     how often chance hits
 *    6   the same of the rest; -2 without
 *    7   1 if the rest was given
 *    8   3 ln(4 P(x_i | x_(i-5) ... x_(i-1))) in targets   0 if one of the six is not known
 *    9   the same in the rest
 *   10   1/2 if x_i is C or G, else -1/2
 *   11   3/4 if x_i = x_(i-1), else -1/4                   repeats, low complexity
 *   12   x_(i-2), 13   x_(i-3) likewise
 *   14   1 if the k-mer has known bases alone
 * </pre>
 */
final class Evidence {
  /** Bases of a step. */
  static final int STEP = 15;

  /** Bases before a step that its evidence reads: the k-mer before the first one begins there. */
  static final int BEFORE = References.K;

  /** Numbers of a step. */
  static final int WIDTH = 15;

  private static final double NO_REST = -2;
  private static final int DISTANCES = 3;

  private Evidence() {}

  /**
   * Writes the evidence of one step.
   *
   * @param bases codes: {@link #BEFORE} that lie before the step, then {@link #STEP} of it; {@link
   *     Letters#UNKNOWN} before a read's first
   * @param to receives {@link #WIDTH} numbers from index {@code at} on
   */
  static void of(References references, byte[] bases, float[] to, int at) {
    double[] sum = new double[WIDTH];
    References.Kmers kmers = new References.Kmers();
    References.Words words = new References.Words();
    int before = References.NONE;
    for (int i = 0; i < BEFORE + STEP; i++) {
      byte x = bases[i];
      int kmer = kmers.next(x);
      int word = words.next(x);
      int c = kmer < 0 ? References.NONE : references.classOf(kmer);
      if (i >= BEFORE) {
        if (c != References.NONE) {
          sum[c - 1]++;
        }
        sum[3] += c & before & References.TARGET;
        sum[4] += (c & before & References.REST) >> 1;
        if (word >= 0) {
          sum[8] += 3 * references.targetComposition(word);
          sum[9] += 3 * references.restComposition(word);
        }
        sum[10] += x == 1 || x == 2 ? 0.5 : -0.5;
        for (int d = 1; d <= DISTANCES; d++) {
          sum[10 + d] += x == bases[i - d] && x < Nucleotides.UNKNOWN ? 0.75 : -0.25;
        }
        sum[14] += kmer >= 0 ? 1 : 0;
      }
      before = c;
    }
    boolean rest = references.restKmers() > 0;
    sum[5] = STEP * references.targetDensity() / 10;
    sum[6] = STEP * (rest ? references.restDensity() / 10 : NO_REST);
    sum[7] = rest ? STEP : 0;
    for (int j = 0; j < WIDTH; j++) {
      to[at + j] = (float) (sum[j] / STEP);
    }
  }
}
