package dev.riffle.operators;

/**
 * The keyed state of one sequence, next to its buffered early events. Its parts are immutable and
 * replaced as a whole.
 *
 * <p>Capture times are microseconds since the epoch, timers milliseconds, positions steps.
 */
final class SequenceState {
  /** False until the first session begins: such a state is not stored. */
  boolean seen;

  Session session = Session.NONE;
  Progress progress = Progress.NONE;
  Buffered buffered = Buffered.NONE;
  Counters counters = Counters.ZERO;
  Timers timers = Timers.UNSET;
  ModelState model = ModelState.NONE;

  /** True while a session is open. */
  boolean isOpen() {
    return session.open();
  }

  SequenceState copy() {
    SequenceState copy = new SequenceState();
    copy.seen = seen;
    copy.session = session;
    copy.progress = progress;
    copy.buffered = buffered;
    copy.counters = counters;
    copy.timers = timers;
    copy.model = model;
    return copy;
  }
}
