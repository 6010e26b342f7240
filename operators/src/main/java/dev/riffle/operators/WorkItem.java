package dev.riffle.operators;

import dev.riffle.models.BatchItem;
import dev.riffle.models.Format;

/** One sequence's part of a batch: its state, the event it takes, and the row that computes it. */
final class WorkItem<O> {
  final String sequenceId;
  final SequenceState state;

  /** Null where no event brought the steps: filled ones, and the end of a session. */
  final StepEvent event;

  /** True if the session ends after these steps. */
  final boolean finish;

  /** Null if there is nothing to compute. */
  BatchItem<O> row;

  /** Why the row could not be computed; null if it was. */
  RuntimeException failure;

  /** Places of a batch that the row takes. */
  int places;

  long queueMicros;
  long computeMicros;

  private final float[] values;
  private final int offset;
  private final int steps;

  /** A turn that computes nothing. */
  WorkItem(String sequenceId, SequenceState state) {
    this(sequenceId, state, null, false, null, 0, 0);
  }

  WorkItem(
      String sequenceId,
      SequenceState state,
      StepEvent event,
      boolean finish,
      float[] values,
      int offset,
      int steps) {
    this.sequenceId = sequenceId;
    this.state = state;
    this.event = event;
    this.finish = finish;
    this.values = values;
    this.offset = offset;
    this.steps = steps;
    if (values != null) {
      renewRow();
    }
  }

  /** A row as if nothing had been computed yet. */
  void renewRow() {
    Format format = state.format;
    row = new BatchItem<>(format, state.model, values, offset, steps);
  }
}
