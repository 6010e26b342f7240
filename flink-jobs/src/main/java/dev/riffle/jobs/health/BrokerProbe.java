package dev.riffle.jobs.health;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ApiException;

/** Asks the broker for the offsets of a job. */
final class BrokerProbe implements AutoCloseable {
  private static final Duration TIMEOUT = Duration.ofSeconds(2);

  private final Admin admin;
  private final String group;
  private final String topic;

  /**
   * @param bootstrap address of the brokers
   * @param group of the job
   * @param topic that the job reads
   */
  BrokerProbe(String bootstrap, String group, String topic) {
    int millis = (int) TIMEOUT.toMillis();
    admin =
        Admin.create(
            Map.of(
                AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG,
                bootstrap,
                AdminClientConfig.CLIENT_ID_CONFIG,
                "riffle-health",
                AdminClientConfig.RECONNECT_BACKOFF_MAX_MS_CONFIG,
                1000,
                AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG,
                millis,
                AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG,
                millis));
    this.group = group;
    this.topic = topic;
  }

  /** Asks now; waits at most 6 s. */
  BrokerView read() throws InterruptedException {
    Instant asked = Instant.now();
    try {
      return new BrokerView(asked, true, offsets());
    } catch (TimeoutException e) {
      return new BrokerView(asked, false, Optional.empty());
    } catch (ExecutionException e) {
      boolean refused =
          e.getCause() instanceof ApiException
              && !(e.getCause() instanceof org.apache.kafka.common.errors.TimeoutException);
      return new BrokerView(asked, refused, Optional.empty());
    }
  }

  private Optional<Offsets> offsets()
      throws ExecutionException, InterruptedException, TimeoutException {
    Map<TopicPartition, Long> committed = new HashMap<>();
    Map<TopicPartition, OffsetSpec> ends = new HashMap<>();
    for (Map.Entry<TopicPartition, OffsetAndMetadata> entry :
        get(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata()).entrySet()) {
      if (entry.getKey().topic().equals(topic) && entry.getValue() != null) {
        committed.put(entry.getKey(), entry.getValue().offset());
        ends.put(entry.getKey(), OffsetSpec.latest());
      }
    }
    if (ends.isEmpty()) {
      return Optional.empty();
    }
    long done = 0;
    long end = 0;
    for (Map.Entry<TopicPartition, ListOffsetsResultInfo> entry :
        get(admin.listOffsets(ends).all()).entrySet()) {
      long position = committed.get(entry.getKey());
      done += position;
      end += Math.max(position, entry.getValue().offset());
    }
    return Optional.of(new Offsets(done, end));
  }

  private static <T> T get(KafkaFuture<T> future)
      throws ExecutionException, InterruptedException, TimeoutException {
    return future.get(TIMEOUT.toMillis() + 1000, TimeUnit.MILLISECONDS);
  }

  @Override
  public void close() {
    admin.close(Duration.ZERO);
  }
}
