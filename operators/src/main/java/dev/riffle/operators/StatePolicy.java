package dev.riffle.operators;

import java.util.Locale;

/** What to do with the state that another model wrote. */
public enum StatePolicy {
  /** Fail the job; the message explains the alternatives. */
  REFUSE,
  /** Continue: correct only if the new model can read the state of the old one. */
  CARRY,
  /** End the open sessions and begin new ones. */
  RESET;

  /** The option value. */
  public String option() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * The policy for an option value.
   *
   * @throws IllegalArgumentException if no policy has this name; the message names the three
   *     policies
   */
  public static StatePolicy of(String option) {
    for (StatePolicy p : values()) {
      if (p.option().equals(option)) {
        return p;
      }
    }
    throw new IllegalArgumentException(
        "Expected on-model-change refuse, carry or reset, found '" + option + "'.");
  }
}
