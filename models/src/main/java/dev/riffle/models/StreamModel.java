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

  /**
   * How many places of a batch a row takes: 1 where each row is computed; the number of windows
   * that its steps complete where windows are computed, and then 0 if its steps are only kept,
   * which any thread may do as it calls no verb. Never less for more steps.
   *
   * @param row as it is before it is advanced; not changed
   * @param finish true if the row is to be finished
   */
  default int slots(BatchItem<O> row, boolean finish) {
    return 1;
  }

  /** The model with work memory of its own, for one thread. */
  StreamRunner<O> newRunner();
}
