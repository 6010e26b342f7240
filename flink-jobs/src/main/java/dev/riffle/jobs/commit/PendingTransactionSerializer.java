package dev.riffle.jobs.commit;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.time.Instant;
import java.util.OptionalLong;
import org.apache.flink.connector.kafka.sink.KafkaCommittable;
import org.apache.flink.core.io.SimpleVersionedSerializer;

/**
 * Writes pending transactions to checkpoints.
 *
 * <pre>
 *   i64 records   -1 if unknown
 *   i64 prepared  ms since 1970
 *   i32 version   of the connector's format
 *   bytes         the connector's transaction, to the end
 * </pre>
 *
 * The versions of the connector are its own format, as in earlier checkpoints.
 *
 * @param connector the connector's format
 */
record PendingTransactionSerializer(SimpleVersionedSerializer<KafkaCommittable> connector)
    implements SimpleVersionedSerializer<PendingTransaction> {
  /** Far from the versions of the connector, which count from 1. */
  static final int VERSION = 1001;

  private static final long UNKNOWN = -1;

  @Override
  public int getVersion() {
    return VERSION;
  }

  @Override
  public byte[] serialize(PendingTransaction transaction) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeLong(transaction.records().orElse(UNKNOWN));
    out.writeLong(transaction.prepared().toEpochMilli());
    out.writeInt(connector.getVersion());
    out.write(connector.serialize(transaction.kafka()));
    return bytes.toByteArray();
  }

  @Override
  public PendingTransaction deserialize(int version, byte[] serialized) throws IOException {
    if (version <= connector.getVersion()) {
      return new PendingTransaction(
          connector.deserialize(version, serialized), OptionalLong.empty(), Instant.EPOCH);
    }
    if (version != VERSION) {
      throw new IOException(
          "Pending transactions of version " + version + " are of another version of Riffle.");
    }
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(serialized));
    long records = in.readLong();
    Instant prepared = Instant.ofEpochMilli(in.readLong());
    KafkaCommittable kafka = connector.deserialize(in.readInt(), in.readAllBytes());
    return new PendingTransaction(
        kafka, records == UNKNOWN ? OptionalLong.empty() : OptionalLong.of(records), prepared);
  }
}
