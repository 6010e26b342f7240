package dev.riffle.dna.annotator;

/**
 * A half-open interval of a contig, {@code [left, right)}, in bases from 0.
 *
 * @param left its first base
 * @param right the base after its last one
 */
record Interval(long left, long right) {
  long length() {
    return right - left;
  }

  /** Bases that two intervals share; negative for the distance between disjoint ones. */
  long overlap(Interval other) {
    return Math.min(right, other.right) - Math.max(left, other.left);
  }
}
