package dev.riffle.operators;

import org.apache.flink.util.OutputTag;

/** Side outputs of the operators. The main output is the final lane. */
public final class SideOutputs {
  /** Answers at once: at least once, may repeat. */
  public static final OutputTag<OutputRecord> PREVIEW =
      new OutputTag<>("preview", OutputRecordSerializer.TYPE);

  /** Sessions that start, jump and end. */
  public static final OutputTag<OutputRecord> SESSIONS =
      new OutputTag<>("sessions", OutputRecordSerializer.TYPE);

  /** Inputs that could not be used. */
  public static final OutputTag<OutputRecord> DEAD_LETTERS =
      new OutputTag<>("dead-letters", OutputRecordSerializer.TYPE);

  private SideOutputs() {}
}
