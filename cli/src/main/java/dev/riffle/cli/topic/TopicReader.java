package dev.riffle.cli.topic;

import dev.riffle.cli.shared.Failure;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;

/**
 * Reads all committed records of topics, outside any consumer group. For one thread; {@link #stop}
 * may be called from any.
 */
public final class TopicReader implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(6);

  private final KafkaConsumer<String, byte[]> consumer;

  /**
   * Opens topics.
   *
   * @param fromBeginning false for what comes from now on
   * @throws Failure if no broker answers, or it has no such topic; the message lists those there
   *     are
   */
  public TopicReader(String bootstrap, Collection<String> topics, boolean fromBeginning) {
    this.consumer =
        new KafkaConsumer<>(
            Map.of(
                "bootstrap.servers",
                bootstrap,
                "isolation.level",
                "read_committed",
                "enable.auto.commit",
                false,
                "allow.auto.create.topics",
                false,
                "default.api.timeout.ms",
                (int) PATIENCE.toMillis(),
                "request.timeout.ms",
                (int) PATIENCE.toMillis(),
                "fetch.max.wait.ms",
                50),
            new StringDeserializer(),
            new ByteArrayDeserializer());
    try {
      Map<String, List<PartitionInfo>> there = consumer.listTopics(PATIENCE);
      List<TopicPartition> partitions = new ArrayList<>();
      for (String topic : topics) {
        if (!there.containsKey(topic)) {
          List<String> names =
              there.keySet().stream().filter(n -> !n.startsWith("__")).sorted().toList();
          throw new Failure(
              "The broker at "
                  + bootstrap
                  + " has no topic "
                  + topic
                  + ". It has "
                  + (names.isEmpty() ? "none at all" : String.join(", ", names))
                  + ".");
        }
        there.get(topic).forEach(p -> partitions.add(new TopicPartition(topic, p.partition())));
      }
      consumer.assign(partitions);
      if (fromBeginning) {
        consumer.seekToBeginning(partitions);
      } else {
        consumer.seekToEnd(partitions);
      }
      partitions.forEach(consumer::position); // seeks now, not at the first poll
    } catch (TimeoutException e) {
      consumer.close();
      throw new Failure(
          "No broker answers at "
              + bootstrap
              + ": start one, or name another with --bootstrap HOST:PORT.",
          e);
    } catch (KafkaException e) {
      consumer.close();
      throw new Failure("The broker at " + bootstrap + " cannot be used: " + e.getMessage(), e);
    } catch (Failure e) {
      consumer.close();
      throw e;
    }
  }

  /** What has come, waiting at most this long for the first; empty too once stopped. */
  public Iterable<ConsumerRecord<String, byte[]>> poll(Duration patience) {
    try {
      return consumer.poll(patience);
    } catch (WakeupException e) {
      return List.of();
    }
  }

  /** True if everything that is committed now has been read. */
  public boolean atEnd() {
    Map<TopicPartition, Long> ends = consumer.endOffsets(consumer.assignment());
    return ends.entrySet().stream().allMatch(e -> consumer.position(e.getKey()) >= e.getValue());
  }

  /** Ends a {@link #poll} that waits. */
  public void stop() {
    consumer.wakeup();
  }

  @Override
  public void close() {
    consumer.close();
  }
}
