package dev.riffle.jobs.stream;

import dev.riffle.operators.OutputRecord;
import dev.riffle.operators.StepEvent;

/** One record of the input topic, decoded. Exactly one field is set. */
public final class InputRecord {
  /** Steps to compute. */
  public StepEvent event;

  /** Or the record as a dead letter, with the reason. */
  public OutputRecord deadLetter;

  /** A usable record. */
  public static InputRecord of(StepEvent event) {
    InputRecord record = new InputRecord();
    record.event = event;
    return record;
  }

  /** An unusable record. */
  public static InputRecord of(OutputRecord deadLetter) {
    InputRecord record = new InputRecord();
    record.deadLetter = deadLetter;
    return record;
  }

  /**
   * Event time in milliseconds: the capture time of the first step. A dead letter has none and does
   * not advance the watermark.
   */
  public long timestampMillis() {
    return event == null ? Long.MIN_VALUE : Math.floorDiv(event.captureMicros, 1000);
  }
}
