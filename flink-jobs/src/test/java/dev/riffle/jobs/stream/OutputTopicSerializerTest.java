package dev.riffle.jobs.stream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.riffle.operators.OutputRecord;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.metrics.Histogram;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.apache.flink.util.UserCodeClassLoader;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;

class OutputTopicSerializerTest {
  private final Metrics metrics = new Metrics("");
  private final OutputTopicSerializer records =
      new OutputTopicSerializer("preview", "riffle.music.preview.v1");

  OutputTopicSerializerTest() {
    records.open(
        new SerializationSchema.InitializationContext() {
          @Override
          public MetricGroup getMetricGroup() {
            return metrics;
          }

          @Override
          public UserCodeClassLoader getUserCodeClassLoader() {
            return null; // records need none
          }
        },
        null);
  }

  @Test
  void aRecordKeepsItsKeyTimestampAndHeaders() {
    OutputRecord outgoing = new OutputRecord("hall", new byte[] {1, 2}, 1234, "error", "no ß");
    ProducerRecord<byte[], byte[]> record = records.serialize(outgoing, null, 99L);
    assertThat(record.topic()).isEqualTo("riffle.music.preview.v1");
    assertThat(record.key()).isEqualTo("hall".getBytes(StandardCharsets.UTF_8));
    assertThat(record.value()).containsExactly(1, 2);
    assertThat(record.timestamp()).isEqualTo(1234);
    assertThat(record.headers().lastHeader("error").value())
        .isEqualTo("no ß".getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void aRecordWithoutKeyOrFromBeforeTheEpochIsWrittenToo() {
    ProducerRecord<byte[], byte[]> record =
        records.serialize(new OutputRecord(null, new byte[0], -5), null, null);
    assertThat(record.key()).isNull();
    assertThat(record.timestamp()).isZero();
  }

  @Test
  void theMetricOfTheLaneRunsFromTheCaptureTimeOfWhatIsReported() {
    long second = System.currentTimeMillis() - 1000;
    records.serialize(new OutputRecord("hall", new byte[0], second), null, null);
    Histogram latency = metrics.histograms.get(".lane.preview.end_to_end_latency_ms");
    assertThat(latency.getCount()).isEqualTo(1);
    assertThat(latency.getStatistics().getMin()).isGreaterThanOrEqualTo(1000);
  }

  /** Remembers histograms by their full name. */
  private static final class Metrics extends UnregisteredMetricsGroup {
    private final String scope;
    private final Map<String, Histogram> histograms;

    Metrics(String scope) {
      this(scope, new TreeMap<>());
    }

    private Metrics(String scope, Map<String, Histogram> histograms) {
      this.scope = scope;
      this.histograms = histograms;
    }

    @Override
    public MetricGroup addGroup(String key, String value) {
      return new Metrics(scope + "." + key + "." + value, histograms);
    }

    @Override
    public <H extends Histogram> H histogram(String name, H histogram) {
      histograms.put(scope + "." + name, histogram);
      return histogram;
    }
  }
}
