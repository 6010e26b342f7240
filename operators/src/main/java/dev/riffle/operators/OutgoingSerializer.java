package dev.riffle.operators;

import java.io.IOException;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/** Writes {@link Outgoing} records between operators. */
public final class OutgoingSerializer extends VersionedSerializer<Outgoing> {
  private static final long serialVersionUID = 1;

  /** Type information of {@link Outgoing}. */
  public static final TypeInformation<Outgoing> TYPE =
      new VersionedType<>(Outgoing.class, new OutgoingSerializer());

  public OutgoingSerializer() {
    super(1);
  }

  @Override
  public Outgoing copy(Outgoing from) {
    return new Outgoing(from.key, from.value, from.timestampMillis, from.headers);
  }

  @Override
  protected void write(Outgoing record, DataOutputView out) throws IOException {
    writeText(record.key, out);
    writeBytes(record.value, out);
    out.writeLong(record.timestampMillis);
    out.writeInt(record.headers.length);
    for (String header : record.headers) {
      writeText(header, out);
    }
  }

  @Override
  protected Outgoing read(int version, DataInputView in) throws IOException {
    Outgoing record = new Outgoing();
    record.key = readText(in);
    record.value = readBytes(in);
    record.timestampMillis = in.readLong();
    record.headers = new String[in.readInt()];
    for (int i = 0; i < record.headers.length; i++) {
      record.headers[i] = readText(in);
    }
    return record;
  }
}
