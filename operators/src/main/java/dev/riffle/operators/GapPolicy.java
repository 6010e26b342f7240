package dev.riffle.operators;

import java.util.Locale;

/** What to do about missing steps that are no longer waited for. */
public enum GapPolicy {
  /** Replace missing steps by zeros, up to a limit; reset beyond it. */
  FILL,
  /** End the session and begin another after the gap. */
  RESET,
  /**
   * End the session. Further events of the sequence become dead letters until one starts a new
   * session or the key is forgotten.
   */
  DEAD_LETTER;

  /** The option value: {@code fill}, {@code reset}, {@code dead-letter}. */
  public String option() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /**
   * The policy for an option value.
   *
   * @throws IllegalArgumentException if no policy has this name; the message names the three
   *     policies
   */
  public static GapPolicy of(String option) {
    for (GapPolicy p : values()) {
      if (p.option().equals(option)) {
        return p;
      }
    }
    throw new IllegalArgumentException(
        "Expected gap-policy fill, reset or dead-letter, found '" + option + "'.");
  }
}
