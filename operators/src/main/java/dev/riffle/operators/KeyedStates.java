package dev.riffle.operators;

import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.runtime.state.VoidNamespace;
import org.apache.flink.streaming.api.operators.InternalTimerService;

/**
 * Loads and stores the state of the current key, and registers its timers.
 *
 * <p>An event-time timer that fires early is cheap: the operator checks the deadlines and registers
 * the timer again. So a timer is moved only if it would fire late.
 */
final class KeyedStates {
  private final ValueState<SequenceState> states;
  private final EarlyEvents early;
  private final InternalTimerService<VoidNamespace> timers;
  private final long wallIdleMillis;

  /**
   * @param wallIdleMillis wall-clock time after which a session ends; 0 for never
   */
  KeyedStates(
      ValueState<SequenceState> states,
      EarlyEvents early,
      InternalTimerService<VoidNamespace> timers,
      long wallIdleMillis) {
    this.states = states;
    this.early = early;
    this.timers = timers;
    this.wallIdleMillis = wallIdleMillis;
  }

  /** The state of the current key; an initial one if the key was never seen. */
  SequenceState load() throws Exception {
    SequenceState state = states.value();
    return state == null ? new SequenceState() : state;
  }

  /**
   * Stores the state of the current key, unless no session ever began.
   *
   * @param deadline when the key has to be looked at next, in event time, in milliseconds
   */
  void save(SequenceState state, long deadline) throws Exception {
    if (!state.seen) {
      return;
    }
    long timer = state.timers.eventTime();
    if (timer == Timers.NONE || deadline < timer) {
      deleteEventTimer(state);
      if (deadline != Micros.NEVER) {
        timers.registerEventTimeTimer(VoidNamespace.INSTANCE, deadline);
        state.timers = state.timers.withEventTime(deadline);
      }
    }
    if (wallIdleMillis > 0) {
      saveWallTimer(state);
    }
    states.update(state);
  }

  private void saveWallTimer(SequenceState state) {
    if (!state.isOpen()) {
      deleteWallTimer(state);
    } else if (state.timers.wallClock() == Timers.NONE) {
      long millis = wallDeadline(state);
      timers.registerProcessingTimeTimer(VoidNamespace.INSTANCE, millis);
      state.timers = state.timers.withWallClock(millis);
    }
  }

  /** Notes the arrival of an event if sessions end by the wall clock. */
  void arrived(SequenceState state) {
    if (wallIdleMillis > 0) {
      state.timers = state.timers.withLastArrival(timers.currentProcessingTime());
    }
  }

  /** True if the session is idle by the wall clock. */
  boolean isIdleAt(SequenceState state, long millis) {
    return wallIdleMillis > 0 && millis >= wallDeadline(state);
  }

  private long wallDeadline(SequenceState state) {
    return state.timers.lastArrival() + wallIdleMillis;
  }

  /** Removes the current key with its buffered events and timers. */
  void remove(SequenceState state) {
    deleteEventTimer(state);
    deleteWallTimer(state);
    states.clear();
    early.clear();
  }

  private void deleteEventTimer(SequenceState state) {
    if (state.timers.eventTime() != Timers.NONE) {
      timers.deleteEventTimeTimer(VoidNamespace.INSTANCE, state.timers.eventTime());
      state.timers = state.timers.withEventTime(Timers.NONE);
    }
  }

  private void deleteWallTimer(SequenceState state) {
    if (state.timers.wallClock() != Timers.NONE) {
      timers.deleteProcessingTimeTimer(VoidNamespace.INSTANCE, state.timers.wallClock());
      state.timers = state.timers.withWallClock(Timers.NONE);
    }
  }
}
