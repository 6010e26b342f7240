package dev.riffle.kernels;

/**
 * Which rows see which in {@link Operations#attend}: windows of gathered query rows and key rows. A
 * row may be in any number of windows, or in none.
 *
 * @param queries rows of q; window {@code i} has those from {@code queryStarts[i]} on
 * @param queryStarts {@code [windows + 1]} first query of each window, then the number of queries
 * @param keys rows of k and v; window {@code i} has those from {@code keyStarts[i]} on
 * @param keyStarts {@code [windows + 1]} first key of each window, then the number of keys
 * @param queryTimes time of each row of q, by which keys are hidden
 * @param keyTimes time of each row of k; a key is hidden from a query of an earlier time
 * @param ownRow logit of a key whose row number is the query's, whatever the times say; NaN where
 *     such a pair is one like others
 * @param epsilon what is added to the number of windows that hold a row before dividing by it
 */
public record AttentionSets(
    int[] queries,
    int[] queryStarts,
    int[] keys,
    int[] keyStarts,
    int[] queryTimes,
    int[] keyTimes,
    double ownRow,
    double epsilon) {

  /**
   * Logit of a hidden pair: finite, so that a row from which everything is hidden sees all alike.
   */
  public static final double HIDDEN = -Float.MAX_VALUE;

  /**
   * Arrays are the caller's and must not change.
   *
   * @throws IllegalArgumentException if starts do not fit or a row has no time
   */
  public AttentionSets {
    int windows = queryStarts.length - 1;
    if (keyStarts.length != queryStarts.length) {
      throw new IllegalArgumentException(
          "Windows of queries are " + windows + " but of keys " + (keyStarts.length - 1) + ".");
    }
    int asked = new PackedSequences(queryStarts, windows).rows();
    Arguments.range("queries", 0, asked, queries.length);
    int seen = new PackedSequences(keyStarts, windows).rows();
    Arguments.range("keys", 0, seen, keys.length);
    for (int i = 0; i < asked; i++) {
      Arguments.range("queryTimes", queries[i], 1, queryTimes.length);
    }
    for (int i = 0; i < seen; i++) {
      Arguments.range("keyTimes", keys[i], 1, keyTimes.length);
    }
  }

  /** How many windows. */
  public int size() {
    return queryStarts.length - 1;
  }

  /** The logit of a pair whose scaled product is {@code product}. */
  public double logit(int query, int key, double product) {
    if (query == key && !Double.isNaN(ownRow)) {
      return ownRow;
    }
    return keyTimes[key] > queryTimes[query] ? HIDDEN : product;
  }

  /** What each row of q is divided by; 0 for a row in no window. */
  public double[] divisors(int rows) {
    double[] divisors = new double[rows];
    for (int i = 0; i < queryStarts[size()]; i++) {
      divisors[queries[i]]++;
    }
    for (int r = 0; r < rows; r++) {
      divisors[r] = divisors[r] == 0 ? 0 : divisors[r] + epsilon;
    }
    return divisors;
  }
}
