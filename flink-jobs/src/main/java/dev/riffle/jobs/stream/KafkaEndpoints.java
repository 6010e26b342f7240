package dev.riffle.jobs.stream;

import dev.riffle.jobs.commit.ExactlyOnceSink;
import dev.riffle.jobs.options.JobOptions;
import dev.riffle.operators.OutputRecord;
import java.util.Optional;
import java.util.Properties;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.connector.kafka.sink.KafkaSinkBuilder;
import org.apache.flink.connector.kafka.sink.TransactionNamingStrategy;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.KafkaSourceBuilder;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.kafka.clients.consumer.OffsetResetStrategy;

/**
 * Source and sinks of a job on Kafka.
 *
 * @param options how they read and write
 * @param topics what they read and write
 */
public record KafkaEndpoints(JobOptions options, Topics topics) {
  /** Most bytes by which a dead letter is larger than the record in it. */
  private static final long ENVELOPE_BYTES = 64 * 1024;

  /** Reads the input topic. */
  public Source<InputRecord, ?, ?> source(EventInput input) {
    KafkaSourceBuilder<InputRecord> source =
        KafkaSource.<InputRecord>builder()
            .setBootstrapServers(options.get(KafkaOptions.BOOTSTRAP))
            .setGroupId(options.get(KafkaOptions.GROUP_ID))
            .setTopics(topics.in())
            .setStartingOffsets(start(options.get(KafkaOptions.START_FROM)))
            .setProperty("isolation.level", "read_committed")
            .setDeserializer(input);
    if (options.get(KafkaOptions.BOUNDED)) {
      source.setBounded(OffsetsInitializer.latest());
    }
    return new CommittingSource(
        source.build(), options.get(KafkaOptions.BOOTSTRAP), options.get(KafkaOptions.GROUP_ID));
  }

  /** Write the output topics. */
  public Sinks sinks() {
    return new Sinks(
        exactlyOnce("final", topics.finals()),
        options.get(KafkaOptions.PREVIEW)
            ? Optional.of(immediate(topics.preview()))
            : Optional.empty(),
        exactlyOnce("sessions", topics.sessions()),
        exactlyOnce("dlq", topics.deadLetters()));
  }

  private Sink<OutputRecord> exactlyOnce(String kind, String topic) {
    KafkaSink<OutputRecord> sink =
        sink(kind, topic)
            .setDeliveryGuarantee(DeliveryGuarantee.EXACTLY_ONCE)
            .setTransactionalIdPrefix(KafkaOptions.transactionalIdPrefix(options) + "." + kind)
            .setTransactionNamingStrategy(TransactionNamingStrategy.INCREMENTING)
            .setProperty(
                "transaction.timeout.ms",
                Long.toString(options.get(KafkaOptions.TRANSACTION_TIMEOUT).toMillis()))
            .build();
    Properties broker = new Properties();
    broker.setProperty("bootstrap.servers", options.get(KafkaOptions.BOOTSTRAP));
    return new ExactlyOnceSink<>(sink, broker, topic, options.get(KafkaOptions.ACCEPT_LOSS));
  }

  private Sink<OutputRecord> immediate(String topic) {
    return sink("preview", topic)
        .setDeliveryGuarantee(DeliveryGuarantee.AT_LEAST_ONCE)
        .setProperty("linger.ms", "0")
        .build();
  }

  private KafkaSinkBuilder<OutputRecord> sink(String kind, String topic) {
    long largest = options.get(InputOptions.MAX_RECORD_BYTES).getBytes() + ENVELOPE_BYTES;
    return KafkaSink.<OutputRecord>builder()
        .setBootstrapServers(options.get(KafkaOptions.BOOTSTRAP))
        .setProperty("max.request.size", Long.toString(Math.max(1 << 20, largest)))
        .setRecordSerializer(new OutputTopicSerializer(kind, topic));
  }

  @SuppressWarnings("deprecation") // the connector takes no other type
  private static OffsetsInitializer start(String from) {
    return switch (from) {
      case "earliest" -> OffsetsInitializer.earliest();
      case "latest" -> OffsetsInitializer.latest();
      default -> OffsetsInitializer.committedOffsets(OffsetResetStrategy.EARLIEST);
    };
  }
}
