package dev.riffle.operators;

import java.io.IOException;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/**
 * Summary of the early events of a sequence, which are stored in a separate keyed map.
 *
 * @param count number of events
 * @param first position of the first event
 * @param firstMicros capture time of the first event
 */
record Buffered(int count, long first, long firstMicros) {
  static final Buffered NONE = new Buffered(0, 0, 0);

  void write(DataOutputView out) throws IOException {
    out.writeInt(count);
    out.writeLong(first);
    out.writeLong(firstMicros);
  }

  static Buffered read(DataInputView in) throws IOException {
    return new Buffered(in.readInt(), in.readLong(), in.readLong());
  }
}
