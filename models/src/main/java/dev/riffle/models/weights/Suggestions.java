package dev.riffle.models.weights;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/** Finds the name that was probably meant. */
public final class Suggestions {
  /** Letters by which a slip differs, at most. */
  private static final int SLIP = 3;

  private Suggestions() {}

  /** The name that this one was probably meant to be; empty if none is near. */
  public static Optional<String> of(String wanted, Collection<String> names) {
    return best(wanted, names)
        .filter(
            name -> {
              int shorter = Math.min(wanted.length(), name.length());
              return distance(wanted, name) <= Math.min(SLIP, shorter - 1);
            });
  }

  /** The end of a sentence about a missing name. */
  static String hint(String wanted, Collection<String> names) {
    return best(wanted, names)
        .map(name -> "; the nearest name in it is '" + name + "'.")
        .orElse("; it holds none at all.");
  }

  private static Optional<String> best(String wanted, Collection<String> names) {
    return names.stream().min(Comparator.comparingInt(name -> distance(wanted, name)));
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
