package dev.riffle.jobs.commit;

import java.io.IOException;
import java.util.Collection;
import java.util.Properties;
import org.apache.flink.api.connector.sink2.Committer;
import org.apache.flink.api.connector.sink2.CommitterInitContext;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.sink2.SupportsCommitter;
import org.apache.flink.api.connector.sink2.SupportsWriterState;
import org.apache.flink.api.connector.sink2.WriterInitContext;
import org.apache.flink.connector.kafka.sink.KafkaCommittable;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.connector.kafka.sink.KafkaWriterState;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import org.apache.flink.streaming.api.connector.sink2.CommittableMessage;
import org.apache.flink.streaming.api.connector.sink2.SupportsPostCommitTopology;
import org.apache.flink.streaming.api.datastream.DataStream;

/** A Kafka sink that ends the job instead of dropping a transaction that the broker aborted. */
public final class ExactlyOnceSink<T>
    implements Sink<T>,
        SupportsWriterState<T, KafkaWriterState>,
        SupportsCommitter<PendingTransaction>,
        SupportsPostCommitTopology<PendingTransaction> {
  private static final long serialVersionUID = 1;

  private final KafkaSink<T> connector;
  private final Properties broker;
  private final String topic;
  private final boolean acceptLoss;

  /**
   * Wraps a sink of the connector.
   *
   * @param connector with the guarantee exactly-once and transactional ids that are never used
   *     again, the naming strategy {@code INCREMENTING}
   * @param broker settings of an admin client
   * @param topic that it writes to, for messages
   * @param acceptLoss true to drop aborted transactions with an error in the log
   */
  public ExactlyOnceSink(
      KafkaSink<T> connector, Properties broker, String topic, boolean acceptLoss) {
    this.connector = connector;
    this.broker = broker;
    this.topic = topic;
    this.acceptLoss = acceptLoss;
  }

  @Override
  public CountingWriter<T> createWriter(WriterInitContext context) throws IOException {
    return new CountingWriter<>(connector.createWriter(context));
  }

  @Override
  public CountingWriter<T> restoreWriter(
      WriterInitContext context, Collection<KafkaWriterState> states) throws IOException {
    return new CountingWriter<>(connector.restoreWriter(context, states));
  }

  @Override
  public SimpleVersionedSerializer<KafkaWriterState> getWriterStateSerializer() {
    return connector.getWriterStateSerializer();
  }

  @Override
  public Committer<PendingTransaction> createCommitter(CommitterInitContext context)
      throws IOException {
    return new CheckedCommitter(
        connector.createCommitter(context), new TransactionLog(broker), topic, acceptLoss);
  }

  @Override
  public SimpleVersionedSerializer<PendingTransaction> getCommittableSerializer() {
    return new PendingTransactionSerializer(connector.getCommittableSerializer());
  }

  /** The connector looks at the place of the committer in the job only, not at the stream. */
  @Override
  @SuppressWarnings("unchecked")
  public void addPostCommitTopology(
      DataStream<CommittableMessage<PendingTransaction>> transactions) {
    connector.addPostCommitTopology(
        (DataStream<CommittableMessage<KafkaCommittable>>) (DataStream<?>) transactions);
  }
}
