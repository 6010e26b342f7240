package dev.riffle.dna.readuntil;

/**
 * The classification of a read.
 *
 * @param origin where the read comes from, as far as is known
 * @param logOdds calibrated ln(P(bases | target) / P(bases | background)); 0 for a read without a
 *     step
 * @param bases number of bases that the verdict is based on, a multiple of 15
 * @param channel of the flow cell; 0 if unknown
 * @param meanQscore -10 log10 of the mean error probability of the bases up to the verdict that
 *     have a quality; NaN if none has
 */
public record ReadVerdict(
    Origin origin, double logOdds, long bases, int channel, double meanQscore) {

  /** Where a read comes from. */
  public enum Origin {
    /** A target: the log odds reached the upper threshold. */
    TARGET,
    /** The background: the log odds reached the lower threshold. */
    BACKGROUND,
    /** Unknown after the largest number of bases. */
    LIMIT,
    /** Unknown when the read ended. */
    ENDED
  }

  /** Probability that the read comes from a target, if half of all reads do. */
  public double probability() {
    return 1 / (1 + Math.exp(-logOdds));
  }
}
