package dev.riffle.models.families;

/** How a model reads a sequence. */
public enum Form {
  /** Step by step: a prediction depends on the steps up to its own, which the state summarizes. */
  STEPS,

  /** In windows of a fixed length: a prediction depends on all steps of its window. */
  WINDOWS
}
