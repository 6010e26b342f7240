package dev.riffle.operators;

import java.io.IOException;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/** Writes {@link OutputRecord} between operators. */
public final class OutputRecordSerializer extends VersionedSerializer<OutputRecord> {
  private static final long serialVersionUID = 1;

  /** Type information of {@link OutputRecord}. */
  public static final TypeInformation<OutputRecord> TYPE =
      new VersionedType<>(OutputRecord.class, new OutputRecordSerializer());

  public OutputRecordSerializer() {
    super(1);
  }

  @Override
  public OutputRecord copy(OutputRecord from) {
    return new OutputRecord(from.key, from.value, from.timestampMillis, from.headers);
  }

  @Override
  protected void write(OutputRecord record, DataOutputView out) throws IOException {
    writeText(record.key, out);
    writeBytes(record.value, out);
    out.writeLong(record.timestampMillis);
    out.writeInt(record.headers.length);
    for (String header : record.headers) {
      writeText(header, out);
    }
  }

  @Override
  protected OutputRecord read(int version, DataInputView in) throws IOException {
    OutputRecord record = new OutputRecord();
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
