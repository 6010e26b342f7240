package dev.riffle.models;

/**
 * A model as a stream uses it: front end, network and head in one, from values to answers.
 * Immutable and shared by all threads.
 *
 * @param <O> what it answers, such as a note
 */
public interface StreamModel<O> {

  /** What one has to know of it. */
  ModelInfo info();

  /**
   * Checks that sequences of this format can be served.
   *
   * @throws InputException if not; the message says what was expected, what came and what to do
   */
  void check(Format format);

  /** The model with work memory of its own, for one thread. */
  StreamRunner<O> newRunner();
}
