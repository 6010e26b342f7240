package dev.riffle.operators;

import org.apache.flink.util.OutputTag;

/** Side outputs of the operators. The main output is the final lane. */
public final class Lanes {
  /** Answers at once: at least once, may repeat. */
  public static final OutputTag<Outgoing> PREVIEW =
      new OutputTag<>("preview", OutgoingSerializer.TYPE);

  /** Sessions that start, jump and end. */
  public static final OutputTag<Outgoing> SESSIONS =
      new OutputTag<>("sessions", OutgoingSerializer.TYPE);

  /** Inputs that could not be used. */
  public static final OutputTag<Outgoing> DEAD_LETTERS =
      new OutputTag<>("dead-letters", OutgoingSerializer.TYPE);

  private Lanes() {}
}
