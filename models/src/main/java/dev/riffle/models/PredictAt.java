package dev.riffle.models;

/** The steps after which a recurrent network computes its head. */
public enum PredictAt {
  /** After each step: {@code [rows, outputs]}. */
  EVERY_STEP,
  /**
   * After the last step of each sequence: {@code [sequences, outputs]}. The row of a sequence
   * without steps is undefined.
   */
  LAST_STEP,
  /** After no step: only the state advances. */
  NO_STEP
}
