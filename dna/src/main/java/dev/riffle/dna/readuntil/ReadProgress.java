package dev.riffle.dna.readuntil;

/**
 * What is known of a read after one of its steps.
 *
 * @param bases number of bases so far
 * @param meanQscore mean quality so far; NaN if no base has a quality
 */
record ReadProgress(long bases, int channel, double meanQscore) {
  ReadVerdict verdict(ReadVerdict.Origin origin, double logOdds) {
    return new ReadVerdict(origin, logOdds, bases - bases % Evidence.STEP, channel, meanQscore);
  }
}
