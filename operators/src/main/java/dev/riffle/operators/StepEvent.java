package dev.riffle.operators;

import dev.riffle.models.Format;

/**
 * Consecutive steps of one sequence, decoded and checked: the input of the sequence operator. A
 * source must not modify or reuse an event after emitting it, as operators keep a reference.
 */
public final class StepEvent {
  /** Marks an event without a position: its steps follow those that arrived before. */
  public static final long NEXT = Long.MIN_VALUE;

  /** The sequence, which is the key of the stream. */
  public String sequenceId;

  /** True if the sequence begins here, even if a session of this id is open. */
  public boolean start;

  /** True if the sequence ends after these steps. */
  public boolean end;

  /** Index of the first step, or {@link #NEXT}. */
  public long position;

  /** Capture time of the first step, microseconds since the epoch. */
  public long captureMicros;

  /** What the steps are. */
  public Format format;

  /** {@code [steps, format.width]}, all finite. */
  public float[] values;

  /**
   * Monotonic clock of this JVM, {@link System#nanoTime}, when the event was read in it: from the
   * source, or from the network where the source runs in another process.
   */
  public long arrivedNanos;

  /** The source record of the event, for dead letters; null if unknown. */
  public SourceCoordinates origin;

  /** The same event at another position. */
  StepEvent at(long newPosition) {
    StepEvent copy = new StepEvent();
    copy.sequenceId = sequenceId;
    copy.start = start;
    copy.end = end;
    copy.position = newPosition;
    copy.captureMicros = captureMicros;
    copy.format = format;
    copy.values = values;
    copy.arrivedNanos = arrivedNanos;
    copy.origin = origin;
    return copy;
  }

  /** Number of steps. */
  public int steps() {
    return values.length / format.width();
  }

  /** Index after the last step. */
  public long endPosition() {
    return position + steps();
  }
}
