package dev.riffle.jobs.stream;

import dev.riffle.operators.OutputRecord;
import dev.riffle.operators.StepEvent;

/** One record of the input topic as the source hands it on: exactly one field is set. */
public final class InputRecord {
  /** Steps to compute. */
  public StepEvent event;

  /** Or why there are none. */
  public OutputRecord deadLetter;

  /** A record that can be used. */
  public static InputRecord of(StepEvent event) {
    InputRecord inbound = new InputRecord();
    inbound.event = event;
    return inbound;
  }

  /** A record that cannot. */
  public static InputRecord of(OutputRecord deadLetter) {
    InputRecord inbound = new InputRecord();
    inbound.deadLetter = deadLetter;
    return inbound;
  }

  /**
   * Event time in milliseconds: the capture time of the first step. What cannot be used has none
   * and so does not move the watermark.
   */
  public long timestampMillis() {
    return event == null ? Long.MIN_VALUE : Math.floorDiv(event.captureMicros, 1000);
  }
}
