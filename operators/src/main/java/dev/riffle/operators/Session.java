package dev.riffle.operators;

import dev.riffle.models.Format;
import java.io.IOException;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/**
 * The open session of a sequence, or its last one if none is open.
 *
 * @param open true while the session is open
 * @param refused true from a gap under the policy dead-letter until the next start
 * @param format what the last steps were
 * @param start position of the first step
 * @param startMicros capture time of the first step
 */
record Session(boolean open, boolean refused, Format format, long start, long startMicros) {
  /** No session yet. */
  static final Session NONE = new Session(false, false, new Format(0, 1), 0, 0);

  /** The session after steps of a format that continues it. */
  Session continuedIn(Format next) {
    return next.equals(format) ? this : new Session(open, refused, next, start, startMicros);
  }

  Session ended() {
    return new Session(false, refused, format, start, startMicros);
  }

  Session refusing() {
    return new Session(open, true, format, start, startMicros);
  }

  void write(DataOutputView out) throws IOException {
    out.writeBoolean(open);
    out.writeBoolean(refused);
    Formats.write(format, out);
    out.writeLong(start);
    out.writeLong(startMicros);
  }

  static Session read(int version, DataInputView in) throws IOException {
    return new Session(
        in.readBoolean(),
        in.readBoolean(),
        Formats.read(version, in),
        in.readLong(),
        in.readLong());
  }
}
