package dev.riffle.models;

/**
 * A model as a stream uses it: front end, network and head, from values to predictions. A model is
 * immutable and shared by all threads.
 *
 * @param <O> type of the value of a prediction, such as a note
 */
public interface StreamModel<O> {
  /** Returns the identity of the model, and its sizes. */
  ModelInfo info();

  /**
   * Checks that the model accepts sequences of this format.
   *
   * @throws InputException if it does not; the message says what was expected and what to do
   */
  void check(Format format);

  /**
   * Returns true if steps of the format {@code next} can continue a session whose last steps had
   * the format {@code session}. Formats that differ only in attributes can, where the model says
   * so: the attributes of each batch item then reach the runner with its steps.
   *
   * @param next a format that {@link #check} may still refuse
   */
  default boolean continues(Format session, Format next) {
    return next.equals(session);
  }

  /**
   * Returns the number of slots that an item takes in a batch. A model that reads step by step
   * takes one slot per item. A model of windows takes one slot per window that the item completes.
   * An item with 0 slots only buffers its steps; this calls no kernel, so any thread may do it.
   * More steps never take fewer slots.
   *
   * @param item the item before it is advanced; not changed
   * @param finish true if the item ends its sequence
   */
  default int slots(BatchItem<O> item, boolean finish) {
    return 1;
  }

  /**
   * Returns this model with predictions restricted to {@code predictAt}, for each batch item.
   * States and fingerprint stay the same.
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

  /** Creates a runner with its own work memory, for one thread. */
  StreamRunner<O> newRunner();
}
