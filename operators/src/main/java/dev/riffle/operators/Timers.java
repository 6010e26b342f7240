package dev.riffle.operators;

import java.io.IOException;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/**
 * The registered timers of a key, in milliseconds.
 *
 * @param eventTime event-time timer, or {@link #NONE}
 * @param wallClock processing-time timer, or {@link #NONE}
 * @param lastArrival wall-clock time of the last event; set only if sessions end by the wall clock
 */
record Timers(long eventTime, long wallClock, long lastArrival) {
  /** A timer that is not registered. */
  static final long NONE = Long.MIN_VALUE;

  static final Timers UNSET = new Timers(NONE, NONE, 0);

  Timers withEventTime(long millis) {
    return new Timers(millis, wallClock, lastArrival);
  }

  Timers withWallClock(long millis) {
    return new Timers(eventTime, millis, lastArrival);
  }

  Timers withLastArrival(long millis) {
    return new Timers(eventTime, wallClock, millis);
  }

  void write(DataOutputView out) throws IOException {
    out.writeLong(eventTime);
    out.writeLong(wallClock);
    out.writeLong(lastArrival);
  }

  static Timers read(DataInputView in) throws IOException {
    return new Timers(in.readLong(), in.readLong(), in.readLong());
  }
}
