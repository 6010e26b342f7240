package dev.riffle.operators;

import dev.riffle.models.Format;
import dev.riffle.models.InputException;
import java.util.Optional;
import java.util.TreeMap;

/** Why an event cannot be used: the error of its dead letter. */
final class Rejection {
  private Rejection() {}

  /** What is wrong with the event by itself, if anything is. */
  static Optional<String> malformed(StepEvent event) {
    int width = event.format.width();
    if (width < 1 || event.values.length % width != 0) {
      return Optional.of(
          "Expected whole steps of "
              + width
              + " values but got "
              + event.values.length
              + " values. Check the shape that the producer writes.");
    }
    boolean positioned = event.position != StepEvent.NEXT;
    if (positioned && (event.position < 0 || event.endPosition() < event.position)) {
      return Optional.of(
          "Expected a position from 0 to 2^63-1 but got "
              + event.position
              + ". Positions count steps from the beginning of the sequence.");
    }
    return Optional.empty();
  }

  /** The format changed within a session. */
  static String format(Format expected, Format found) {
    return "Expected "
        + text(expected)
        + " as since the start of the session but got "
        + text(found)
        + ". Begin a new session with sequence_start when the format changes.";
  }

  private static String text(Format format) {
    String steps = "steps of width " + format.width() + " at rate " + format.rate();
    return format.attributes().isEmpty()
        ? steps
        : steps + " with attributes " + new TreeMap<>(format.attributes());
  }

  /** The event follows a gap, and the policy is dead-letter. */
  static String afterGap(StepEvent event) {
    return "Steps before "
        + event.position
        + " are missing, and gap-policy dead-letter refuses what follows a gap. Begin the"
        + " sequence again with sequence_start, or choose gap-policy fill or reset.";
  }

  /** The steps were missing and given up. */
  static String late(StepEvent event) {
    return "Steps "
        + event.position
        + " to "
        + event.endPosition()
        + " arrived after the sequence had continued without them. Raise max-reorder-events,"
        + " max-reorder-steps or max-reorder-wait to wait longer for missing steps. Steps before"
        + " the first event of a sequence are never waited for: send that event first.";
  }

  /** The position was consumed, but by a session that began later than the event. */
  static String consumedInEarlierSession(StepEvent event) {
    return "Position "
        + event.position
        + " was consumed before, but this event was captured before the session began: it belongs"
        + " to an earlier session of this id. Give each recording its own id.";
  }

  /** The position lies ahead, but the event was captured before the session began. */
  static String earlyInEarlierSession(StepEvent event, long next) {
    return "Position "
        + event.position
        + " lies ahead of "
        + next
        + " but was captured before the session began: it belongs to an earlier session of this"
        + " id. Give each recording its own id.";
  }

  /** A prediction could not be converted to a record of the output topics. */
  static String unwritten(RuntimeException failure) {
    return "A prediction about this event could not be converted to a record of the output topics: "
        + failure
        + ". The other predictions of the event are on the output topics.";
  }

  /** The model could not compute the event. */
  static String failed(RuntimeException failure) {
    return failure instanceof InputException
        ? failure.getMessage()
        : "The model could not compute this event: " + failure;
  }
}
