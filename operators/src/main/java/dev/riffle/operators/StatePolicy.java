package dev.riffle.operators;

import java.util.Locale;

/** What to do with state that another model wrote. */
public enum StatePolicy {
  /** Fail the job and say how to go on. */
  REFUSE,
  /** Continue with it: right only if the new model reads the old one's state. */
  CARRY,
  /** End the open sessions and begin anew. */
  RESET;

  /** Name as options write it. */
  public String option() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * The policy of this option name.
   *
   * @throws IllegalArgumentException naming the three there are
   */
  public static StatePolicy of(String option) {
    for (StatePolicy p : values()) {
      if (p.option().equals(option)) {
        return p;
      }
    }
    throw new IllegalArgumentException(
        "on-model-change must be refuse, carry or reset, but is '" + option + "'.");
  }
}
