package dev.riffle.jobs.stream;

import dev.riffle.operators.OutputRecord;
import dev.riffle.operators.OutputRecordSerializer;
import dev.riffle.operators.StepEvent;
import dev.riffle.operators.StepEventSerializer;
import dev.riffle.operators.VersionedSerializer;
import dev.riffle.operators.VersionedType;
import java.io.IOException;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/** Serializes {@link InputRecord}, for the case that Flink does not chain the source. */
public final class InputRecordSerializer extends VersionedSerializer<InputRecord> {
  private static final long serialVersionUID = 1;
  private static final TypeSerializer<StepEvent> EVENT = new StepEventSerializer();
  private static final TypeSerializer<OutputRecord> DEAD_LETTER = new OutputRecordSerializer();

  /** Type information of {@link InputRecord}. */
  public static final TypeInformation<InputRecord> TYPE =
      new VersionedType<>(InputRecord.class, new InputRecordSerializer());

  public InputRecordSerializer() {
    super(1);
  }

  @Override
  public InputRecord copy(InputRecord from) {
    return from.event != null
        ? InputRecord.of(EVENT.copy(from.event))
        : InputRecord.of(DEAD_LETTER.copy(from.deadLetter));
  }

  @Override
  protected void write(InputRecord record, DataOutputView out) throws IOException {
    out.writeBoolean(record.event != null);
    if (record.event != null) {
      EVENT.serialize(record.event, out);
    } else {
      DEAD_LETTER.serialize(record.deadLetter, out);
    }
  }

  @Override
  protected InputRecord read(int version, DataInputView in) throws IOException {
    return in.readBoolean()
        ? InputRecord.of(EVENT.deserialize(in))
        : InputRecord.of(DEAD_LETTER.deserialize(in));
  }
}
