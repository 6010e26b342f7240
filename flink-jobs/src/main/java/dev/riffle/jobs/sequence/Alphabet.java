package dev.riffle.jobs.sequence;

import java.io.Serializable;
import java.util.Arrays;
import java.util.Locale;

/**
 * How text or bytes are read as tokens: each character is one, its number the place in the
 * alphabet. White space is none.
 *
 * @param letters ASCII characters, each once; empty in a file with mistakes
 * @param other the letter that stands for all that are not in it; null to refuse those
 * @param ignoreCase true if a small letter is the same as its capital
 */
record Alphabet(String letters, String other, boolean ignoreCase) implements Serializable {
  private static final int ASCII = 128;
  private static final int NONE = -1;

  /** What is wrong with the letters; null if nothing is. */
  String mistake() {
    String same = ignoreCase ? letters.toLowerCase(Locale.ROOT) : letters;
    boolean ascii = same.chars().allMatch(c -> c > ' ' && c < ASCII - 1);
    boolean each = same.chars().distinct().count() == same.length();
    return ascii && each && !letters.isEmpty()
        ? null
        : "visible ASCII characters, each once" + (ignoreCase ? " whatever its case" : "");
  }

  /** Token of each ASCII character, or of none; {@link #token} looks it up. */
  int[] table() {
    int[] table = new int[ASCII];
    Arrays.fill(table, other == null ? NONE : letters.indexOf(other));
    for (int token = 0; token < letters.length(); token++) {
      char letter = letters.charAt(token);
      table[letter] = token;
      if (ignoreCase) {
        table[Character.toLowerCase(letter)] = token;
        table[Character.toUpperCase(letter)] = token;
      }
    }
    return table;
  }

  /**
   * The token of a character, below 0 if it has none.
   *
   * @param table of {@link #table}
   */
  int token(int[] table, char character) {
    if (character < ASCII) {
      return table[character];
    }
    return other == null ? NONE : letters.indexOf(other);
  }
}
