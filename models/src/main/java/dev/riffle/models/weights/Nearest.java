package dev.riffle.models.weights;

import java.util.Collection;

/** Finds the name that was probably meant. */
final class Nearest {
  private Nearest() {}

  /** The end of a sentence about a missing name. */
  static String hint(String wanted, Collection<String> names) {
    String best = null;
    int least = Integer.MAX_VALUE;
    for (String name : names) {
      int distance = distance(wanted, name);
      if (distance < least) {
        least = distance;
        best = name;
      }
    }
    return best == null ? "; it holds none at all." : "; the nearest name in it is '" + best + "'.";
  }

  /** Levenshtein distance: insertions, deletions and substitutions that turn a into b. */
  static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int above = row[j];
        int change = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
        row[j] = Math.min(diagonal + change, 1 + Math.min(above, row[j - 1]));
        diagonal = above;
      }
    }
    return row[b.length()];
  }
}
