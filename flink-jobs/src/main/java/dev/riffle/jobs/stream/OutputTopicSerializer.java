package dev.riffle.jobs.stream;

import dev.riffle.operators.OutputRecord;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.flink.metrics.Histogram;
import org.apache.flink.runtime.metrics.DescriptiveStatisticsHistogram;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;

/**
 * Writes the records of one output topic unchanged: key, value, headers, timestamp. The topic's
 * metric {@code end_to_end_latency_ms} runs from the capture time of a record to the moment when
 * the producer gets it. On topics that commit, up to a checkpoint interval follows.
 */
final class OutputTopicSerializer implements KafkaRecordSerializationSchema<OutputRecord> {
  private static final long serialVersionUID = 1;
  private static final int HISTOGRAM_SIZE = 1000;

  private final String kind; // such as final; the label "lane" of the metric
  private final String topic;
  private transient Histogram latency;

  OutputTopicSerializer(String kind, String topic) {
    this.kind = kind;
    this.topic = topic;
  }

  @Override
  public void open(SerializationSchema.InitializationContext context, KafkaSinkContext sink) {
    latency =
        context
            .getMetricGroup()
            .addGroup("lane", kind)
            .histogram("end_to_end_latency_ms", new DescriptiveStatisticsHistogram(HISTOGRAM_SIZE));
  }

  @Override
  public ProducerRecord<byte[], byte[]> serialize(
      OutputRecord record, KafkaSinkContext context, Long timestamp) {
    latency.update(System.currentTimeMillis() - record.timestampMillis);
    List<Header> headers = new ArrayList<>(record.headers.length / 2);
    for (int i = 0; i < record.headers.length; i += 2) {
      headers.add(
          new RecordHeader(
              record.headers[i], record.headers[i + 1].getBytes(StandardCharsets.UTF_8)));
    }
    byte[] key = record.key == null ? null : record.key.getBytes(StandardCharsets.UTF_8);
    return new ProducerRecord<>(
        topic, null, Math.max(0, record.timestampMillis), key, record.value, headers);
  }
}
