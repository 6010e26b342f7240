package dev.riffle.operators;

import dev.riffle.models.Format;

/**
 * A run of consecutive steps of one sequence, decoded and checked: what the source hands to the
 * sequence operator. Once handed on, an event is never changed and never used again for another:
 * operators hold it as it is.
 */
public final class StepEvent {
  /** A position that stands for the next one: steps count in the order of their arrival. */
  public static final long NEXT = Long.MIN_VALUE;

  /** The sequence; the key. */
  public String sequenceId;

  /** True if the sequence begins here, whatever is still open under its id. */
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

  /** Where the event came from, for dead letters; null if unknown. */
  public SourceCoordinates origin;

  /** The same event at another position. */
  StepEvent at(long place) {
    StepEvent copy = new StepEvent();
    copy.sequenceId = sequenceId;
    copy.start = start;
    copy.end = end;
    copy.position = place;
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
