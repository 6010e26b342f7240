package dev.riffle.operators;

import java.io.IOException;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/**
 * How far a sequence has come.
 *
 * @param next first position that was not consumed yet
 * @param lastMicros capture time at {@code next}
 * @param gaps steps before {@code next} that were skipped or filled
 */
record Progress(long next, long lastMicros, Gaps gaps) {
  /** Nothing consumed yet. */
  static final Progress NONE = new Progress(0, 0, Gaps.NONE);

  /** After the steps up to {@code position} were consumed. */
  Progress advanceTo(long position, long micros) {
    return new Progress(position, micros, gaps);
  }

  /** After the steps up to {@code position} were skipped or filled. */
  Progress skipTo(long position, long micros) {
    return new Progress(position, micros, gaps.plus(next, position));
  }

  /** Counts positions from 0 again. */
  Progress restarted() {
    return new Progress(0, lastMicros, Gaps.NONE);
  }

  void write(DataOutputView out) throws IOException {
    out.writeLong(next);
    out.writeLong(lastMicros);
    gaps.write(out);
  }

  static Progress read(DataInputView in) throws IOException {
    return new Progress(in.readLong(), in.readLong(), Gaps.read(in));
  }
}
