package dev.riffle.dna.annotator;

import static dev.riffle.dna.annotator.AnnotatorConfig.TOKEN;

import dev.riffle.dna.annotator.AnnotatorConfig.Calling;

/** The formulas of section 7: score of a gene, key of a start, confidence. In 64 bits. */
final class GeneScoring {
  private static final double LEAST_SCORE = 0.001; // the logarithm of a lower one is not taken

  private final Calling constants;

  GeneScoring(Calling constants) {
    this.constants = constants;
  }

  /** V: the score of a gene. */
  double gene(double coding, long length, double start) {
    return constants.geneCoding() * coding
        + constants.geneLength() * length / TOKEN
        + constants.geneStart() * start
        + constants.geneBias();
  }

  /** A S(x) + B x / 30: the part of a start's key that depends on its boundary x. */
  double boundary(double codingSum, long x) {
    return constants.startCoding() * codingSum + constants.startLength() * x / TOKEN;
  }

  /** The probability that the stop codon of a gene with this score is right. */
  double confidence(double score) {
    double logit =
        constants.confidenceSlope() * Math.log(Math.max(score, LEAST_SCORE))
            + constants.confidenceBias();
    return 1 / (1 + Math.exp(-logit));
  }
}
