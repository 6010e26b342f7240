package dev.riffle.operators;

import java.io.IOException;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/**
 * Counts of a session, emitted when it ends.
 *
 * @param duplicates events that were dropped because their steps had been consumed
 * @param trimmedSteps steps that were cut off because they had been consumed
 * @param filledSteps missing steps that were replaced by zeros
 */
record Counters(long duplicates, long trimmedSteps, long filledSteps) {
  static final Counters ZERO = new Counters(0, 0, 0);

  Counters plusDuplicate() {
    return new Counters(duplicates + 1, trimmedSteps, filledSteps);
  }

  Counters plusTrimmed(long steps) {
    return new Counters(duplicates, trimmedSteps + steps, filledSteps);
  }

  Counters plusFilled(long steps) {
    return new Counters(duplicates, trimmedSteps, filledSteps + steps);
  }

  void write(DataOutputView out) throws IOException {
    out.writeLong(duplicates);
    out.writeLong(trimmedSteps);
    out.writeLong(filledSteps);
  }

  static Counters read(DataInputView in) throws IOException {
    return new Counters(in.readLong(), in.readLong(), in.readLong());
  }
}
