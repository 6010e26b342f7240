package dev.riffle.jobs.commit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Instant;
import java.util.OptionalLong;
import org.apache.flink.connector.kafka.sink.KafkaCommittable;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import org.junit.jupiter.api.Test;

class PendingTransactionSerializerTest {
  private static final KafkaCommittable KAFKA = new KafkaCommittable(7, (short) 3, "a.b-0-1", null);

  private final SimpleVersionedSerializer<KafkaCommittable> connector =
      KafkaSink.<byte[]>builder()
          .setBootstrapServers("127.0.0.1:1")
          .setRecordSerializer((record, context, timestamp) -> null)
          .build()
          .getCommittableSerializer();
  private final PendingTransactionSerializer serializer =
      new PendingTransactionSerializer(connector);

  @Test
  void whatIsWrittenIsRead() throws IOException {
    for (OptionalLong records :
        new OptionalLong[] {
          OptionalLong.empty(), OptionalLong.of(0), OptionalLong.of(Long.MAX_VALUE)
        }) {
      PendingTransaction transaction =
          new PendingTransaction(KAFKA, records, Instant.ofEpochMilli(1_700_000_000_123L));
      byte[] bytes = serializer.serialize(transaction);
      assertThat(serializer.deserialize(serializer.getVersion(), bytes)).isEqualTo(transaction);
    }
  }

  @Test
  void theConnectorsFormatOfEarlierCheckpointsIsRead() throws IOException {
    PendingTransaction read =
        serializer.deserialize(connector.getVersion(), connector.serialize(KAFKA));
    assertThat(read.kafka()).isEqualTo(KAFKA);
    assertThat(read.records()).isEmpty();
    assertThat(read.contents()).isEqualTo("an unknown number of records");
  }

  @Test
  void aFormatOfNeitherIsRefused() throws IOException {
    byte[] bytes = connector.serialize(KAFKA);
    assertThatThrownBy(() -> serializer.deserialize(1002, bytes)).isInstanceOf(IOException.class);
  }
}
