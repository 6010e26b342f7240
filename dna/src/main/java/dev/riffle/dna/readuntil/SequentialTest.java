package dev.riffle.dna.readuntil;

import java.io.Serializable;

/**
 * When a read is decided: Wald's sequential probability ratio test (1945) on log odds L = ln
 * P(bases | target) / P(bases | rest), with the error rates that the user allows,
 *
 * <pre>
 *   L >= ln((1 - falseReject) / falseAccept)      it is from a target
 *   L <= ln(falseReject / (1 - falseAccept))      it is not
 *   otherwise                                      wait, until maxBases are read
 * </pre>
 *
 * @param falseAccept share of the other reads that may be taken for a target's, 0 to 1/2
 * @param falseReject share of the targets' reads that may be taken for others, 0 to 1/2
 * @param maxBases bases after which it gives up; the decision comes at the first step that has them
 */
public record SequentialTest(double falseAccept, double falseReject, int maxBases)
    implements Serializable {
  /** Longest wait that may be asked for: 1,000 s at 450 bases/s. */
  public static final int MOST_BASES = 450_000;

  /** One error in a hundred on either side, 4 s of a pore. */
  public static final SequentialTest DEFAULTS = new SequentialTest(0.01, 0.01, 1800);

  /**
   * @throws IllegalArgumentException if a rate is no rate, or the wait is none; the message says
   *     what was expected
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

  /** Log odds from which on a read is a target's. */
  public double accept() {
    return Math.log((1 - falseReject) / falseAccept);
  }

  /** Log odds up to which it is not. */
  public double reject() {
    return Math.log(falseReject / (1 - falseAccept));
  }
}
