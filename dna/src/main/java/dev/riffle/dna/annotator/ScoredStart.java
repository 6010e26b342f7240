package dev.riffle.dna.annotator;

/**
 * A start codon, or the contig's edge in its place, at which a gene can begin.
 *
 * @param key what is compared between the starts of one open reading frame; the highest key wins
 * @param boundary the gene's end at this start: its left end on the forward strand, its right end
 *     on the reverse strand
 * @param codingSum {@link CodingSums#at} of the boundary
 * @param score score of the start's surroundings
 * @param kind start codon or edge
 */
record ScoredStart(double key, long boundary, double codingSum, double score, Gene.Start kind) {
  boolean isEdge() {
    return kind == Gene.Start.EDGE;
  }
}
