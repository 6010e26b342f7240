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
   * True if steps of the format {@code next} can continue a session whose last steps had the format
   * {@code session}. Formats that differ only in attributes can, where the model says so: the
   * attributes of each batch item then reach the runner with its steps.
   *
   * @param next a format that {@link #check} may still refuse
   */
  default boolean continues(Format session, Format next) {
    return next.equals(session);
  }

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

  /**
   * This model with predictions only where {@code predictAt} says, for each batch item. States and
   * fingerprint stay the same.
   *
   * @throws ModelException if the model itself determines where it predicts
   */
  default StreamModel<O> predictingAt(PredictAt predictAt) {
    throw new ModelException(
        String.format(
            "Model %s determines itself where it predicts. Only a recurrent model can be restricted"
                + " to the last step of each record.",
            info().label()));
  }

  /** The model with work memory of its own, for one thread. */
  StreamRunner<O> newRunner();
}
