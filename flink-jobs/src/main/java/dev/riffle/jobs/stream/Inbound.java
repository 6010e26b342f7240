package dev.riffle.jobs.stream;

import dev.riffle.operators.Outgoing;
import dev.riffle.operators.StepEvent;

/** One record of the input topic as the source hands it on: exactly one field is set. */
public final class Inbound {
  /** Steps to compute. */
  public StepEvent event;

  /** Or why there are none. */
  public Outgoing deadLetter;

  /** A record that can be used. */
  public static Inbound of(StepEvent event) {
    Inbound inbound = new Inbound();
    inbound.event = event;
    return inbound;
  }

  /** A record that cannot. */
  public static Inbound of(Outgoing deadLetter) {
    Inbound inbound = new Inbound();
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
