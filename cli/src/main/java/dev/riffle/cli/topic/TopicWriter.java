package dev.riffle.cli.topic;

import dev.riffle.cli.shared.Failure;
import dev.riffle.schemas.AvroCodec;
import dev.riffle.schemas.record.AudioChunk;
import dev.riffle.schemas.record.ReadChunk;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** Writes records to a topic, in order, each at once. For one thread. */
public final class TopicWriter implements AutoCloseable {
  private static final int PATIENCE_MS = 10_000;

  private final KafkaProducer<String, byte[]> producer;
  private final AvroCodec<AudioChunk> codec = AvroCodec.of(AudioChunk.class);
  private final AvroCodec<ReadChunk> reads = AvroCodec.of(ReadChunk.class);
  private final AtomicReference<Exception> failed = new AtomicReference<>();
  private final String bootstrap;
  private final String topic;

  public TopicWriter(String bootstrap, String topic) {
    this.bootstrap = bootstrap;
    this.topic = topic;
    this.producer =
        new KafkaProducer<>(
            Map.of(
                "bootstrap.servers",
                bootstrap,
                "acks",
                "all",
                "enable.idempotence",
                true,
                "linger.ms",
                0,
                "max.block.ms",
                PATIENCE_MS,
                "request.timeout.ms",
                PATIENCE_MS / 2,
                "delivery.timeout.ms",
                3 * PATIENCE_MS),
            new StringSerializer(),
            new ByteArraySerializer());
  }

  /** Writes a chunk of sound as {@link #send(String, byte[])} does. */
  public void send(AudioChunk chunk) {
    send(chunk.getSequenceId(), codec.encode(chunk));
  }

  /** Writes a chunk of a read as {@link #send(String, byte[])} does. */
  public void send(ReadChunk chunk) {
    send(chunk.getSequenceId(), reads.encode(chunk));
  }

  /**
   * Hands a record to the broker, without waiting for its answer.
   *
   * @throws Failure if this or an earlier one could not be written
   */
  public void send(String key, byte[] value) {
    check();
    try {
      producer.send(
          new ProducerRecord<>(topic, key, value),
          (metadata, e) -> {
            if (e != null) {
              failed.compareAndSet(null, e);
            }
          });
    } catch (org.apache.kafka.common.KafkaException e) {
      failed.compareAndSet(null, e);
      check();
    }
  }

  /** Waits until the broker has all of them. */
  public void flush() {
    producer.flush();
    check();
  }

  private void check() {
    Exception e = failed.get();
    if (e != null) {
      throw new Failure(
          "A record could not be written to " + topic + " at " + bootstrap + ": " + e.getMessage(),
          e);
    }
  }

  @Override
  public void close() {
    producer.close(Duration.ofMillis(PATIENCE_MS));
  }
}
