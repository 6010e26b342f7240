package dev.riffle.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.riffle.jobs.stream.Topics;
import dev.riffle.local.LocalBroker;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;

class TopicsIT {
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final Topics TOPICS = Topics.of("riffle", "broker");

  @Test
  void committedRecordsAreReadAndAbortedOnesAreNot() {
    try (LocalBroker broker = LocalBroker.start()) {
      TOPICS.create(broker.bootstrap(), 2, PATIENCE);
      TOPICS.create(broker.bootstrap(), 2, PATIENCE); // again: nothing to do
      TOPICS.require(broker.bootstrap(), PATIENCE);
      try (KafkaProducer<byte[], byte[]> producer = producer(broker)) {
        producer.initTransactions();
        producer.beginTransaction();
        producer.send(new ProducerRecord<>(TOPICS.finals(), 0, null, bytes("aborted")));
        producer.flush();
        producer.abortTransaction();
        producer.beginTransaction();
        producer.send(new ProducerRecord<>(TOPICS.finals(), 0, null, bytes("committed")));
        producer.commitTransaction();
      }
      assertThat(committed(broker)).containsExactly("committed");
    }
  }

  @Test
  void captureTimesAheadOfTheBrokersClockAreAcceptedOnEveryTopic() throws Exception {
    try (LocalBroker broker = LocalBroker.start()) {
      TOPICS.create(broker.bootstrap(), 1, PATIENCE);
      try (KafkaProducer<byte[], byte[]> producer = producer(broker)) {
        producer.initTransactions();
        producer.beginTransaction();
        long ahead = System.currentTimeMillis() + Duration.ofDays(1).toMillis();
        for (String topic : TOPICS.all()) {
          long taken =
              producer
                  .send(new ProducerRecord<>(topic, 0, ahead, null, bytes("x")))
                  .get()
                  .timestamp();
          assertThat(taken).isEqualTo(ahead);
        }
        producer.commitTransaction();
      }
    }
  }

  @Test
  void anAbsentBrokerAndMissingTopicsAreNamedWithAHint() throws Exception {
    int free;
    try (ServerSocket socket = new ServerSocket(0)) {
      free = socket.getLocalPort();
    }
    String nobody = "127.0.0.1:" + free;
    assertThatThrownBy(() -> TOPICS.require(nobody, Duration.ofSeconds(1)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("No broker answers at " + nobody)
        .hasMessageContaining("--bootstrap");
    try (LocalBroker broker = LocalBroker.start()) {
      assertThatThrownBy(() -> TOPICS.require(broker.bootstrap(), PATIENCE))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("riffle.broker.in.v1, riffle.broker.preview.v1");
    }
  }

  private static KafkaProducer<byte[], byte[]> producer(LocalBroker broker) {
    return new KafkaProducer<>(
        Map.of("bootstrap.servers", broker.bootstrap(), "transactional.id", "test"),
        new ByteArraySerializer(),
        new ByteArraySerializer());
  }

  private static List<String> committed(LocalBroker broker) {
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(
            Map.of("bootstrap.servers", broker.bootstrap(), "isolation.level", "read_committed"),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer())) {
      TopicPartition partition = new TopicPartition(TOPICS.finals(), 0);
      consumer.assign(List.of(partition));
      consumer.seekToBeginning(List.of(partition));
      long end = consumer.endOffsets(List.of(partition)).get(partition);
      List<String> found = new ArrayList<>();
      long deadline = System.nanoTime() + PATIENCE.toNanos();
      while (consumer.position(partition) < end && System.nanoTime() < deadline) {
        for (ConsumerRecord<byte[], byte[]> r : consumer.poll(Duration.ofMillis(100))) {
          found.add(new String(r.value(), StandardCharsets.UTF_8));
        }
      }
      return found;
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
