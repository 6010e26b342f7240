package dev.riffle.jobs.stream;

import dev.riffle.jobs.JobOptions;
import dev.riffle.jobs.Topics;
import dev.riffle.operators.OutputRecord;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.connector.kafka.sink.KafkaSinkBuilder;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.KafkaSourceBuilder;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.kafka.clients.consumer.OffsetResetStrategy;

/**
 * The Kafka ends of a job: source and sinks.
 *
 * @param options how they read and write
 * @param topics what they read and write
 */
public record KafkaEndpoints(JobOptions options, Topics topics) {
  /** What a dead letter is larger than the record in it, at most. */
  private static final long ENVELOPE_BYTES = 64 * 1024;

  /** The input topic. */
  public KafkaSource<InputRecord> source(EventInput input) {
    KafkaSourceBuilder<InputRecord> source =
        KafkaSource.<InputRecord>builder()
            .setBootstrapServers(options.get(JobOptions.BOOTSTRAP))
            .setGroupId(options.get(JobOptions.GROUP))
            .setTopics(topics.in())
            .setStartingOffsets(start(options.get(JobOptions.START_FROM)))
            .setProperty("isolation.level", "read_committed")
            .setDeserializer(input);
    if (options.get(JobOptions.BOUNDED)) {
      source.setBounded(OffsetsInitializer.latest());
    }
    return source.build();
  }

  /** The output topics. */
  public Sinks sinks() {
    return new Sinks(
        committed("final", topics.finals()),
        options.get(JobOptions.PREVIEW) ? atOnce(topics.preview()) : null,
        committed("sessions", topics.sessions()),
        committed("dlq", topics.deadLetters()));
  }

  private Sink<OutputRecord> committed(String lane, String topic) {
    return sink(lane, topic)
        .setDeliveryGuarantee(DeliveryGuarantee.EXACTLY_ONCE)
        .setTransactionalIdPrefix(options.transactionalIdPrefix() + "." + lane)
        .setProperty(
            "transaction.timeout.ms",
            Long.toString(options.get(JobOptions.TRANSACTION_TIMEOUT).toMillis()))
        .build();
  }

  private Sink<OutputRecord> atOnce(String topic) {
    return sink("preview", topic)
        .setDeliveryGuarantee(DeliveryGuarantee.AT_LEAST_ONCE)
        .setProperty("linger.ms", "0")
        .build();
  }

  private KafkaSinkBuilder<OutputRecord> sink(String lane, String topic) {
    long largest = options.get(JobOptions.MAX_RECORD_BYTES).getBytes() + ENVELOPE_BYTES;
    return KafkaSink.<OutputRecord>builder()
        .setBootstrapServers(options.get(JobOptions.BOOTSTRAP))
        .setProperty("max.request.size", Long.toString(Math.max(1 << 20, largest)))
        .setRecordSerializer(new OutputTopicSerializer(lane, topic));
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
