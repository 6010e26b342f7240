package dev.riffle.operators;

import dev.riffle.models.Format;

/**
 * A run of consecutive steps of one sequence, decoded and checked: what the source hands to the
 * recurrent operator. Once handed on, an event is never changed and never used again for another:
 * operators hold it as it is.
 */
public final class StepEvent {
  /** The sequence; the key. */
  public String sequenceId;

  /** True if the sequence begins here, whatever is still open under its id. */
  public boolean start;

  /** True if the sequence ends after these steps. */
  public boolean end;

  /** Index of the first step. */
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
  public Origin origin;

  /** Number of steps. */
  public int steps() {
    return values.length / format.width();
  }

  /** Index after the last step. */
  public long endPosition() {
    return position + steps();
  }
}
