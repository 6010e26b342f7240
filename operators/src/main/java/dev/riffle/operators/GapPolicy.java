package dev.riffle.operators;

import java.util.Locale;

/** What to do when steps of a sequence are missing and no longer waited for. */
public enum GapPolicy {
  /** Put zeros where steps are missing, up to a limit; beyond it, reset. */
  FILL,
  /** End the session and begin another where the steps go on. */
  RESET,
  /**
   * End the session; its further events go to the dead letters until one says start or the key is
   * forgotten.
   */
  DEAD_LETTER;

  /** Name as options write it: {@code fill}, {@code reset}, {@code dead-letter}. */
  public String option() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /**
   * The policy of this option name.
   *
   * @throws IllegalArgumentException naming the three there are
   */
  public static GapPolicy of(String option) {
    for (GapPolicy p : values()) {
      if (p.option().equals(option)) {
        return p;
      }
    }
    throw new IllegalArgumentException(
        "gap-policy must be fill, reset or dead-letter, but is '" + option + "'.");
  }
}
