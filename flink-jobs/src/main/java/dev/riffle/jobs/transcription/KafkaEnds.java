package dev.riffle.jobs.transcription;

import dev.riffle.jobs.JobOptions;
import dev.riffle.jobs.Topics;
import dev.riffle.operators.Outgoing;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.connector.kafka.sink.KafkaSinkBuilder;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.KafkaSourceBuilder;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.kafka.clients.consumer.OffsetResetStrategy;

/** The Kafka ends of a transcription: source and sinks as the options say. */
public final class KafkaEnds {
  /** What a dead letter is larger than the record in it, at most. */
  private static final long ENVELOPE_BYTES = 64 * 1024;

  private KafkaEnds() {}

  /** The input topic. */
  public static KafkaSource<Inbound> source(JobOptions options) {
    KafkaSourceBuilder<Inbound> source =
        KafkaSource.<Inbound>builder()
            .setBootstrapServers(options.get(JobOptions.BOOTSTRAP))
            .setGroupId(options.get(JobOptions.GROUP))
            .setTopics(options.topics().in())
            .setStartingOffsets(start(options.get(JobOptions.START_FROM)))
            .setProperty("isolation.level", "read_committed")
            .setDeserializer(
                new AudioInput(
                    options.get(JobOptions.MAX_RECORD_BYTES).getBytes(),
                    options.get(JobOptions.MAX_CAPTURE_AHEAD)));
    if (options.get(JobOptions.BOUNDED)) {
      source.setBounded(OffsetsInitializer.latest());
    }
    return source.build();
  }

  /** The output topics. */
  public static TranscriptionSinks sinks(JobOptions options) {
    Topics topics = options.topics();
    return new TranscriptionSinks(
        committed(options, "final", topics.finals()),
        options.get(JobOptions.PREVIEW) ? atOnce(options, topics.preview()) : null,
        committed(options, "sessions", topics.sessions()),
        committed(options, "dlq", topics.deadLetters()));
  }

  private static Sink<Outgoing> committed(JobOptions options, String lane, String topic) {
    return sink(options, lane, topic)
        .setDeliveryGuarantee(DeliveryGuarantee.EXACTLY_ONCE)
        .setTransactionalIdPrefix(options.transactionalIdPrefix() + "." + lane)
        .setProperty(
            "transaction.timeout.ms",
            Long.toString(options.get(JobOptions.TRANSACTION_TIMEOUT).toMillis()))
        .build();
  }

  private static Sink<Outgoing> atOnce(JobOptions options, String topic) {
    return sink(options, "preview", topic)
        .setDeliveryGuarantee(DeliveryGuarantee.AT_LEAST_ONCE)
        .setProperty("linger.ms", "0")
        .build();
  }

  private static KafkaSinkBuilder<Outgoing> sink(JobOptions options, String lane, String topic) {
    long largest = options.get(JobOptions.MAX_RECORD_BYTES).getBytes() + ENVELOPE_BYTES;
    return KafkaSink.<Outgoing>builder()
        .setBootstrapServers(options.get(JobOptions.BOOTSTRAP))
        .setProperty("max.request.size", Long.toString(Math.max(1 << 20, largest)))
        .setRecordSerializer(new LaneRecords(lane, topic));
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
