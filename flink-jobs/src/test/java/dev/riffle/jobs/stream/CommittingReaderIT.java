package dev.riffle.jobs.stream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.riffle.local.LocalServices;
import java.lang.reflect.Proxy;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.connector.kafka.source.split.KafkaPartitionSplit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class CommittingReaderIT {
  @RegisterExtension static final LocalServices SERVICES = new LocalServices();

  private final AtomicLong offset = new AtomicLong();

  @Test
  void eachReaderCommitsItsLastCompleteCheckpointWhenItCloses() throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", SERVICES.bootstrap()))) {
      admin.createTopics(List.of(new NewTopic("partitions", 3, (short) 1))).all().get();
      for (int partition = 0; partition < 2; partition++) {
        CommittingReader reader = reader(partition, SERVICES.bootstrap());
        snapshot(reader, 1, 5 + partition);
        snapshot(reader, 2, 7 + partition);
        reader.notifyCheckpointComplete(2);
        reader.notifyCheckpointComplete(1); // late
        snapshot(reader, 3, 20);
        reader.notifyCheckpointAborted(3);
        reader.notifyCheckpointComplete(3); // of an aborted one, which nobody sends
        snapshot(reader, 4, 30);
        reader.close();
      }
      CommittingReader unused = reader(2, SERVICES.bootstrap());
      snapshot(unused, 1, 9);
      unused.close();
      Map<Integer, Long> committed = new HashMap<>();
      admin
          .listConsumerGroupOffsets("group")
          .partitionsToOffsetAndMetadata()
          .get()
          .forEach((partition, at) -> committed.put(partition.partition(), at.offset()));
      assertThat(committed).isEqualTo(Map.of(0, 7L, 1, 8L));
    }
  }

  @Test
  void aPositionThatIsNotKnownYetIsNotCommitted() throws Exception {
    CommittingReader reader = reader(0, "none:1"); // would not be found
    snapshot(reader, 1, KafkaPartitionSplit.EARLIEST_OFFSET);
    reader.notifyCheckpointComplete(1);
    reader.close();
  }

  @Test
  void aBrokerThatIsAwayDoesNotFailTheJob() throws Exception {
    CommittingReader reader = reader(0, "127.0.0.1:1");
    snapshot(reader, 1, 3);
    reader.notifyCheckpointComplete(1);
    reader.close();
    assertThat(Thread.interrupted()).isFalse();
  }

  private void snapshot(CommittingReader reader, long checkpoint, long at) {
    offset.set(at);
    assertThat(reader.snapshotState(checkpoint)).hasSize(1);
  }

  /** The reader of a partition whose position is {@link #offset}. */
  @SuppressWarnings("unchecked")
  private CommittingReader reader(int partition, String bootstrap) {
    Object reader =
        Proxy.newProxyInstance(
            getClass().getClassLoader(),
            new Class<?>[] {SourceReader.class},
            (proxy, method, arguments) ->
                method.getName().equals("snapshotState")
                    ? List.of(
                        new KafkaPartitionSplit(
                            new TopicPartition("partitions", partition), offset.get()))
                    : null);
    return new CommittingReader(
        (SourceReader<InputRecord, KafkaPartitionSplit>) reader, bootstrap, "group");
  }
}
