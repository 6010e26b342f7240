package dev.riffle.dna.annotator;

import java.util.Comparator;

/**
 * A candidate gene: a closed open reading frame with its best start, or one that is still growing.
 *
 * @param interval where it lies, start and stop codon included
 * @param reverse true if it lies on the reverse strand
 * @param score V of section 7
 * @param codingScore sum of the coding logits over the interval
 * @param startScore score of the start codon's surroundings
 * @param start kind of its start
 * @param openLeft true if the left end of the contig cuts it
 * @param openRight true if the right end of the contig cuts it
 */
record Candidate(
    Interval interval,
    boolean reverse,
    double score,
    double codingScore,
    double startScore,
    Gene.Start start,
    boolean openLeft,
    boolean openRight) {

  /** Highest score first; ties are broken from left to right, the forward strand first. */
  static final Comparator<Candidate> BEST_FIRST =
      Comparator.comparingDouble((Candidate c) -> -c.score)
          .thenComparingLong(Candidate::left)
          .thenComparingLong(Candidate::right)
          .thenComparing(Candidate::reverse);

  /** By right end, then by left end, the forward strand first. */
  static final Comparator<Candidate> BY_END =
      Comparator.comparingLong(Candidate::right)
          .thenComparingLong(Candidate::left)
          .thenComparing(Candidate::reverse);

  long left() {
    return interval.left();
  }

  long right() {
    return interval.right();
  }

  /** The reading frame: 0 to 2 on the forward strand, 3 to 5 on the reverse strand. */
  int readingFrame() {
    return (int) (left() % 3) + (reverse ? 3 : 0);
  }
}
