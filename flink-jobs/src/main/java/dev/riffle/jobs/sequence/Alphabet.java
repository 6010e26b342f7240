package dev.riffle.jobs.sequence;

import java.io.Serializable;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * Maps characters to tokens: the token of a character is its index in the alphabet. White space has
 * no token.
 *
 * @param letters distinct ASCII characters; empty if the job file is invalid
 * @param other the letter that replaces all characters outside the alphabet; null to reject them
 * @param ignoreCase true if lower-case letters equal upper-case letters
 */
record Alphabet(String letters, String other, boolean ignoreCase) implements Serializable {
  private static final int ASCII = 128;
  private static final int NONE = -1;

  /** What the letters should be instead; empty if they are valid. */
  Optional<String> problem() {
    String same = ignoreCase ? letters.toLowerCase(Locale.ROOT) : letters;
    boolean ascii = same.chars().allMatch(c -> c > ' ' && c < ASCII - 1);
    boolean distinct = same.chars().distinct().count() == same.length();
    return ascii && distinct && !letters.isEmpty()
        ? Optional.empty()
        : Optional.of("distinct visible ASCII characters" + (ignoreCase ? ", ignoring case" : ""));
  }

  /** The token of each ASCII character, for {@link #token}; negative for none. */
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
   * The token of a character; negative if it has none.
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
