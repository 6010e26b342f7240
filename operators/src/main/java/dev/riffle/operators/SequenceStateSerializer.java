package dev.riffle.operators;

import java.io.IOException;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/**
 * Writes {@link SequenceState} into checkpoints and state backends, part by part. Version 2 added
 * the attributes of the format.
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
    state.session.write(out);
    state.progress.write(out);
    state.buffered.write(out);
    state.counters.write(out);
    state.timers.write(out);
    state.model.write(out);
  }

  @Override
  protected SequenceState read(int version, DataInputView in) throws IOException {
    SequenceState state = new SequenceState();
    state.seen = true;
    state.session = Session.read(version, in);
    state.progress = Progress.read(in);
    state.buffered = Buffered.read(in);
    state.counters = Counters.read(in);
    state.timers = Timers.read(in);
    state.model = ModelState.read(in);
    return state;
  }
}
