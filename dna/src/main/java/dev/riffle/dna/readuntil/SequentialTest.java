package dev.riffle.dna.readuntil;

import dev.riffle.dna.readuntil.ReadVerdict.Origin;
import java.io.Serializable;
import java.util.Optional;

/**
 * Decides when a read is classified: Wald's sequential probability ratio test (1945) on the log
 * odds L = ln(P(bases | target) / P(bases | background)), with the error rates that the user
 * allows.
 *
 * <pre>
 *   L >= ln((1 - falseReject) / falseAccept)      target
 *   L <= ln(falseReject / (1 - falseAccept))      background
 *   otherwise                                      wait, up to maxBases
 * </pre>
 *
 * @param falseAccept share of background reads that may be classified as target, 0 to 1/2
 * @param falseReject share of target reads that may be classified as background, 0 to 1/2
 * @param maxBases number of bases after which the test gives up, at the end of a step
 */
public record SequentialTest(double falseAccept, double falseReject, int maxBases)
    implements Serializable {
  /** Largest value of maxBases: 1,000 s at 450 bases/s. */
  public static final int MOST_BASES = 450_000;

  /** Error rates of 1 %, and 4 s at 450 bases/s. */
  public static final SequentialTest DEFAULTS = new SequentialTest(0.01, 0.01, 1800);

  /**
   * @throws IllegalArgumentException if a value is out of range; the message names the option
   */
  public SequentialTest {
    checkRate(falseAccept, "max-false-accept");
    checkRate(falseReject, "max-false-reject");
    if (maxBases < Evidence.STEP || maxBases > MOST_BASES) {
      throw new IllegalArgumentException(
          String.format(
              "max-bases must be from %d to %d but is %d.", Evidence.STEP, MOST_BASES, maxBases));
    }
  }

  private static void checkRate(double rate, String name) {
    if (!(rate > 0 && rate < 0.5)) {
      throw new IllegalArgumentException(
          name + " must be more than 0 and less than 0.5 but is " + rate + ".");
    }
  }

  /** Log odds from which on a read is classified as target. */
  public double accept() {
    return Math.log((1 - falseReject) / falseAccept);
  }

  /** Log odds up to which a read is classified as background. */
  public double reject() {
    return Math.log(falseReject / (1 - falseAccept));
  }

  /** The decision after a step; empty if the read needs further bases. */
  Optional<Origin> decide(double logOdds, long bases) {
    if (logOdds >= accept()) {
      return Optional.of(Origin.TARGET);
    }
    if (logOdds <= reject()) {
      return Optional.of(Origin.BACKGROUND);
    }
    return bases >= maxBases ? Optional.of(Origin.LIMIT) : Optional.empty();
  }
}
