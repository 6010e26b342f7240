package dev.riffle.models;

/** Which answers of a block are computed. */
public enum PredictAt {
  /** One after each step: {@code [rows, outputs]}. */
  EVERY_STEP,
  /**
   * One after the last step of each sequence: {@code [sequences, outputs]}. The head is computed
   * for these alone; where a sequence has no step its row means nothing.
   */
  LAST_STEP
}
