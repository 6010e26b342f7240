package dev.riffle.operators;

import java.io.IOException;
import java.util.Arrays;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/**
 * Ranges of steps that a sequence has given up. An event in one of them is late; any other event
 * before the present position is a duplicate. Immutable. Holds at most {@value #MAX_RANGES} ranges:
 * beyond that the two oldest are merged.
 */
final class Gaps {
  static final Gaps NONE = new Gaps();
  private static final int MAX_RANGES = 16;

  /** Pairs [from, to) in ascending order. */
  private final long[] bounds;

  private Gaps(long... bounds) {
    this.bounds = bounds;
  }

  /** These gaps and one more, which lies after all of them; empty ranges are ignored. */
  Gaps plus(long from, long to) {
    if (from >= to) {
      return this;
    }
    int length = bounds.length;
    long[] all = Arrays.copyOf(bounds, length + 2);
    all[length] = from;
    all[length + 1] = to;
    if (all.length > 2 * MAX_RANGES) {
      long first = all[0];
      all = Arrays.copyOfRange(all, 2, all.length);
      all[0] = first;
    }
    return new Gaps(all);
  }

  boolean isEmpty() {
    return bounds.length == 0;
  }

  /**
   * True if all steps from {@code from} to {@code to} lie in one gap. The oldest of {@value
   * #MAX_RANGES} ranges does not count, as it may have been merged and contain other steps.
   */
  boolean contains(long from, long to) {
    int first = bounds.length == 2 * MAX_RANGES ? 2 : 0;
    for (int i = first; i < bounds.length; i += 2) {
      if (from >= bounds[i] && to <= bounds[i + 1] && from < to) {
        return true;
      }
    }
    return false;
  }

  /** True if a gap contains one of the steps from {@code from} to {@code to}. */
  boolean overlaps(long from, long to) {
    for (int i = 0; i < bounds.length; i += 2) {
      if (from < bounds[i + 1] && to > bounds[i]) {
        return true;
      }
    }
    return false;
  }

  void write(DataOutputView out) throws IOException {
    out.writeInt(bounds.length);
    for (long bound : bounds) {
      out.writeLong(bound);
    }
  }

  static Gaps read(DataInputView in) throws IOException {
    long[] bounds = new long[in.readInt()];
    for (int i = 0; i < bounds.length; i++) {
      bounds[i] = in.readLong();
    }
    return bounds.length == 0 ? NONE : new Gaps(bounds);
  }
}
