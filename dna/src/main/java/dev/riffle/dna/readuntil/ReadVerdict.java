package dev.riffle.dna.readuntil;

/**
 * What became of a read.
 *
 * @param origin where it is from, as far as is known
 * @param logOdds calibrated ln P(bases | target) / P(bases | rest); 0 of a read without a step
 * @param bases that the verdict rests on, a multiple of 15
 * @param channel of the flow cell; 0 if none was named
 * @param meanQscore -10 log10 of the mean probability of an error, over the bases that came up to
 *     then with a quality; NaN if none did
 */
public record ReadVerdict(
    SourceCoordinates origin, double logOdds, long bases, int channel, double meanQscore) {

  /** Where a read is from. */
  public enum SourceCoordinates {
    /** From a target: the evidence reached the test's upper threshold. */
    TARGET,
    /** Not from a target: it reached the lower one. */
    REST,
    /** Unknown after as many bases as the test waits for. */
    LIMIT,
    /** Unknown when the read ended. */
    ENDED
  }

  /** Probability that it is from a target if half of all reads are. */
  public double probability() {
    return 1 / (1 + Math.exp(-logOdds));
  }
}
