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
    out.writeBoolean(record.key != null);
    if (record.key != null) {
      out.writeUTF(record.key);
    }
    out.writeInt(record.value.length);
    out.write(record.value);
    out.writeLong(record.timestampMillis);
    out.writeInt(record.headers.length);
    for (String header : record.headers) {
      byte[] text = header.getBytes(java.nio.charset.StandardCharsets.UTF_8);
      out.writeInt(text.length);
      out.write(text);
    }
  }

  @Override
  protected Outgoing read(int version, DataInputView in) throws IOException {
    Outgoing record = new Outgoing();
    record.key = in.readBoolean() ? in.readUTF() : null;
    record.value = new byte[in.readInt()];
    in.readFully(record.value);
    record.timestampMillis = in.readLong();
    record.headers = new String[in.readInt()];
    for (int i = 0; i < record.headers.length; i++) {
      byte[] text = new byte[in.readInt()];
      in.readFully(text);
      record.headers[i] = new String(text, java.nio.charset.StandardCharsets.UTF_8);
    }
    return record;
  }
}
