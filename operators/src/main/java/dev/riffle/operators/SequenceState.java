package dev.riffle.operators;

import dev.riffle.models.Format;
import java.util.Arrays;

/**
 * What is known of one sequence: its session, its place, and the model's state. The keyed state of
 * the sequence operator, beside the early events that are held.
 *
 * <p>Capture times are microseconds since the epoch, timers milliseconds, positions steps.
 */
final class SequenceState {
  /** Stands for no timer. */
  static final long NONE = Long.MIN_VALUE;

  static final byte[] NO_BYTES = {};
  static final long[] NO_GAPS = {};
  static final int MAX_GAPS = 16;

  /** False on an object that was made for a key nobody knows yet. */
  boolean known;

  /** True while a session is open. */
  boolean open;

  /** True from a gap under the policy dead-letter until the next start. */
  boolean refused;

  /** What the steps are; of the last session where none is open. */
  Format format = new Format(0, 1);

  /** Position and capture time of the session's first step. */
  long start;

  long startMicros;

  /** First position that is not known yet, and the capture time there. */
  long next;

  long lastMicros;

  /**
   * Steps before {@link #next} that were not taken, in pairs [from, to) in order: what comes of
   * them later is late, not a duplicate. At most {@link #MAX_GAPS} pairs: then the first two become
   * one. Replaced, never written into.
   */
  long[] gaps = NO_GAPS;

  /** Number of early events held, and position and capture time of the first of them. */
  int held;

  long firstHeld;
  long firstHeldMicros;

  /** Counts of the open session, told when it ends. */
  long duplicates;

  long trimmedSteps;
  long filledSteps;

  /** Registered event-time and processing-time timers. */
  long timer = NONE;

  long wallTimer = NONE;

  /** This machine's clock at the last event; kept only if wall-clock idling is on. */
  long seenMillis;

  /** Model that wrote {@link #model}. */
  String fingerprint = "";

  /** State of the model, opaque; empty without an open session. Replaced, never written into. */
  byte[] model = NO_BYTES;

  /**
   * Notes that steps from {@code from} to {@code to}, which lie behind all gaps, were not taken.
   */
  void addGap(long from, long to) {
    if (from >= to) {
      return;
    }
    long[] all = Arrays.copyOf(gaps, gaps.length + 2);
    all[gaps.length] = from;
    all[gaps.length + 1] = to;
    if (all.length > 2 * MAX_GAPS) {
      long first = all[0];
      all = Arrays.copyOfRange(all, 2, all.length);
      all[0] = first;
    }
    gaps = all;
  }

  /** True if a gap has a part in these steps. */
  boolean isGap(long from, long to) {
    for (int i = 0; i < gaps.length; i += 2) {
      if (from < gaps[i + 1] && to > gaps[i]) {
        return true;
      }
    }
    return false;
  }

  SequenceState copy() {
    SequenceState copy = new SequenceState();
    copy.known = known;
    copy.open = open;
    copy.refused = refused;
    copy.format = format;
    copy.start = start;
    copy.startMicros = startMicros;
    copy.next = next;
    copy.lastMicros = lastMicros;
    copy.gaps = gaps;
    copy.held = held;
    copy.firstHeld = firstHeld;
    copy.firstHeldMicros = firstHeldMicros;
    copy.duplicates = duplicates;
    copy.trimmedSteps = trimmedSteps;
    copy.filledSteps = filledSteps;
    copy.timer = timer;
    copy.wallTimer = wallTimer;
    copy.seenMillis = seenMillis;
    copy.fingerprint = fingerprint;
    copy.model = model;
    return copy;
  }
}
