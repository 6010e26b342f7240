package dev.riffle.operators;

import org.apache.flink.api.common.state.MapState;

/**
 * The events of a sequence that arrived before their predecessors, by position. Keeps {@link
 * SequenceState#buffered} up to date, which is all that most decisions look at.
 */
final class EarlyEvents {
  private final MapState<Long, StepEvent> events;

  /**
   * @param events keyed state; the caller sets the current key
   */
  EarlyEvents(MapState<Long, StepEvent> events) {
    this.events = events;
  }

  /**
   * Adds an event. Of two events at one position, the longer one is stored; if both have the same
   * length, the one that ends the sequence.
   *
   * @return true if there was an event at this position already
   */
  boolean add(SequenceState state, StepEvent event) throws Exception {
    StepEvent same = events.get(event.position);
    long end = same == null ? -1 : same.endPosition();
    if (event.endPosition() > end || (event.endPosition() == end && event.end)) {
      events.put(event.position, event);
    }
    if (same != null) {
      return true;
    }
    Buffered buffered = state.buffered;
    boolean first = buffered.count() == 0 || event.position < buffered.first();
    state.buffered =
        first
            ? new Buffered(buffered.count() + 1, event.position, event.captureMicros)
            : new Buffered(buffered.count() + 1, buffered.first(), buffered.firstMicros());
    return false;
  }

  /** Removes the event with the lowest position; there must be one. */
  StepEvent removeFirst(SequenceState state) throws Exception {
    long position = state.buffered.first();
    StepEvent event = events.get(position);
    events.remove(position);
    state.buffered = rest(state.buffered.count() - 1);
    return event;
  }

  private Buffered rest(int count) throws Exception {
    if (count == 0) {
      events.clear();
      return Buffered.NONE;
    }
    long first = Long.MAX_VALUE;
    for (long position : events.keys()) {
      first = Math.min(first, position);
    }
    return new Buffered(count, first, events.get(first).captureMicros);
  }

  /** Removes all events of the current key. */
  void clear() {
    events.clear();
  }
}
