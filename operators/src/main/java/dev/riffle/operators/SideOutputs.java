package dev.riffle.operators;

import org.apache.flink.util.OutputTag;

/** Side outputs of the sequence operator. Its main output is for the final topic. */
public final class SideOutputs {
  /** Predictions for the preview topic: delivered at once and at least once. */
  public static final OutputTag<OutputRecord> PREVIEW =
      new OutputTag<>("preview", OutputRecordSerializer.TYPE);

  /** Session events: starts, gaps and ends. */
  public static final OutputTag<OutputRecord> SESSIONS =
      new OutputTag<>("sessions", OutputRecordSerializer.TYPE);

  /** Dead letters: inputs that could not be used. */
  public static final OutputTag<OutputRecord> DEAD_LETTERS =
      new OutputTag<>("dead-letters", OutputRecordSerializer.TYPE);

  private SideOutputs() {}
}
