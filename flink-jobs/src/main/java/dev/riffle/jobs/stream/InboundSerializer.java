package dev.riffle.jobs.stream;

import dev.riffle.operators.Outgoing;
import dev.riffle.operators.OutgoingSerializer;
import dev.riffle.operators.StepEvent;
import dev.riffle.operators.StepEventSerializer;
import dev.riffle.operators.VersionedSerializer;
import dev.riffle.operators.VersionedType;
import java.io.IOException;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/** Writes {@link Inbound} records, should the source and what follows it ever not be chained. */
public final class InboundSerializer extends VersionedSerializer<Inbound> {
  private static final long serialVersionUID = 1;
  private static final TypeSerializer<StepEvent> EVENT = new StepEventSerializer();
  private static final TypeSerializer<Outgoing> DEAD_LETTER = new OutgoingSerializer();

  /** Type information of {@link Inbound}. */
  public static final TypeInformation<Inbound> TYPE =
      new VersionedType<>(Inbound.class, new InboundSerializer());

  public InboundSerializer() {
    super(1);
  }

  @Override
  public Inbound copy(Inbound from) {
    return from.event != null
        ? Inbound.of(EVENT.copy(from.event))
        : Inbound.of(DEAD_LETTER.copy(from.deadLetter));
  }

  @Override
  protected void write(Inbound record, DataOutputView out) throws IOException {
    out.writeBoolean(record.event != null);
    if (record.event != null) {
      EVENT.serialize(record.event, out);
    } else {
      DEAD_LETTER.serialize(record.deadLetter, out);
    }
  }

  @Override
  protected Inbound read(int version, DataInputView in) throws IOException {
    return in.readBoolean()
        ? Inbound.of(EVENT.deserialize(in))
        : Inbound.of(DEAD_LETTER.deserialize(in));
  }
}
