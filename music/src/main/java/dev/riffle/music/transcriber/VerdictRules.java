package dev.riffle.music.transcriber;

import dev.riffle.models.Settings;

/**
 * How the network's output for a candidate becomes a verdict.
 *
 * @param least least onset probability of a candidate
 * @param apart frames on either side within which a candidate has the largest onset probability
 * @param trust weight of the first pass's log odds
 * @param output index of the network's output that is the probability of a note
 */
record VerdictRules(double least, int apart, double trust, int output) {
  private static final double SURE = 1e-6; // least probability of the network, and 1 - the largest
  private static final double FIRST_PASS_SURE = 1e-4;

  static VerdictRules of(Settings s) {
    return new VerdictRules(
        s.number("least"), s.size("apart"), s.number("trust"), (int) s.number("answer"));
  }

  /** True if the onset probability of a pitch has a peak in this row. */
  boolean isCandidate(FrameHistory history, int row, int pitch) {
    float onset = history.onset(row, pitch);
    boolean peak = onset >= least;
    for (int d = 1; peak && d < apart; d++) {
      peak = onset > history.onset(row - d, pitch) && onset >= history.onset(row + d, pitch);
    }
    return peak;
  }

  /**
   * Probability that a candidate is a note.
   *
   * @param firstPass its onset probability
   * @param network the network's probability
   */
  float verdict(float firstPass, float network) {
    double odds = trust * logOdds(firstPass, FIRST_PASS_SURE) + logOdds(network, SURE);
    return (float) (1 / (1 + Math.exp(-odds)));
  }

  private static double logOdds(double p, double least) {
    double inside = Math.min(1 - least, Math.max(least, p));
    return Math.log(inside / (1 - inside));
  }
}
