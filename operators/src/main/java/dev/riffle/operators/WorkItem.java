package dev.riffle.operators;

import dev.riffle.models.BatchItem;

/**
 * Steps of one sequence for the model to compute, and what to do with the result. A key has at most
 * one item in flight.
 */
final class WorkItem<O> {
  private static final float[] NO_VALUES = {};

  final KeyQueue<O> key;

  /** The event that brought the steps; null for filled steps and for the end of a session. */
  final StepEvent event;

  /** True if the session ends after these steps. */
  final boolean finish;

  /** What the model computes, and after that its result. */
  BatchItem<O> batchItem;

  /** Why the item could not be computed; null if it was. */
  RuntimeException failure;

  /** Slots of a batch that the item takes. */
  int slots;

  long queueMicros;
  long computeMicros;

  private final Completion<O> completion;

  /** Takes the result of an item. Called on the task's thread with the item's key as current. */
  interface Completion<O> {
    void complete(WorkItem<O> item) throws Exception;
  }

  private WorkItem(
      KeyQueue<O> key,
      StepEvent event,
      boolean finish,
      BatchItem<O> batchItem,
      Completion<O> completion) {
    this.key = key;
    this.event = event;
    this.finish = finish;
    this.batchItem = batchItem;
    this.completion = completion;
  }

  /** The steps of an event, without the first {@code skipped} ones. */
  static <O> WorkItem<O> ofEvent(
      KeyQueue<O> key, StepEvent event, int skipped, Completion<O> completion) {
    int offset = skipped * event.format.width();
    int count = event.steps() - skipped;
    BatchItem<O> steps =
        new BatchItem<>(event.format, key.state.model.bytes, event.values, offset, count);
    return new WorkItem<>(key, event, event.end, steps, completion);
  }

  /** Steps that no event brought. */
  static <O> WorkItem<O> ofValues(
      KeyQueue<O> key, float[] values, int steps, Completion<O> completion) {
    BatchItem<O> item = batchItem(key, values, steps);
    return new WorkItem<>(key, null, false, item, completion);
  }

  /** The end of a session. */
  static <O> WorkItem<O> ofEnd(KeyQueue<O> key, Completion<O> completion) {
    BatchItem<O> nothing = batchItem(key, NO_VALUES, 0);
    return new WorkItem<>(key, null, true, nothing, completion);
  }

  private static <O> BatchItem<O> batchItem(KeyQueue<O> key, float[] values, int steps) {
    SequenceState state = key.state;
    return new BatchItem<>(state.session.format(), state.model.bytes, values, 0, steps);
  }

  /** Undoes what a failed call of the model may have left in the item. */
  void reset() {
    BatchItem<O> used = batchItem;
    batchItem =
        new BatchItem<>(used.format, key.state.model.bytes, used.values, used.offset, used.steps);
  }

  /** Removes the item from its key and acts on its result. */
  void complete() throws Exception {
    key.workDone();
    completion.complete(this);
  }
}
