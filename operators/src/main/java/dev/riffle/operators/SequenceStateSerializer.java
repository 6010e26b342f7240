package dev.riffle.operators;

import java.io.IOException;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/**
 * Writes {@link SequenceState} into checkpoints and state backends. Version 2 added the attributes
 * of the format.
 */
public final class SequenceStateSerializer extends VersionedSerializer<SequenceState> {
  private static final long serialVersionUID = 1;

  public SequenceStateSerializer() {
    super(2);
  }

  @Override
  public SequenceState copy(SequenceState from) {
    return from.copy();
  }

  @Override
  protected void write(SequenceState state, DataOutputView out) throws IOException {
    out.writeBoolean(state.open);
    out.writeBoolean(state.refused);
    Formats.write(state.format, out);
    out.writeLong(state.start);
    out.writeLong(state.startMicros);
    out.writeLong(state.next);
    out.writeLong(state.lastMicros);
    out.writeInt(state.gaps.length);
    for (long position : state.gaps) {
      out.writeLong(position);
    }
    out.writeInt(state.held);
    out.writeLong(state.firstHeld);
    out.writeLong(state.firstHeldMicros);
    out.writeLong(state.duplicates);
    out.writeLong(state.trimmedSteps);
    out.writeLong(state.filledSteps);
    out.writeLong(state.timer);
    out.writeLong(state.wallTimer);
    out.writeLong(state.seenMillis);
    writeText(state.fingerprint, out);
    writeBytes(state.model, out);
  }

  @Override
  protected SequenceState read(int version, DataInputView in) throws IOException {
    SequenceState state = new SequenceState();
    state.known = true;
    state.open = in.readBoolean();
    state.refused = in.readBoolean();
    state.format = Formats.read(version, in);
    state.start = in.readLong();
    state.startMicros = in.readLong();
    state.next = in.readLong();
    state.lastMicros = in.readLong();
    state.gaps = new long[in.readInt()];
    for (int i = 0; i < state.gaps.length; i++) {
      state.gaps[i] = in.readLong();
    }
    state.held = in.readInt();
    state.firstHeld = in.readLong();
    state.firstHeldMicros = in.readLong();
    state.duplicates = in.readLong();
    state.trimmedSteps = in.readLong();
    state.filledSteps = in.readLong();
    state.timer = in.readLong();
    state.wallTimer = in.readLong();
    state.seenMillis = in.readLong();
    state.fingerprint = readText(in);
    state.model = readBytes(in);
    return state;
  }
}
