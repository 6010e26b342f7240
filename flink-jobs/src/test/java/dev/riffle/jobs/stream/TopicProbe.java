package dev.riffle.jobs.stream;

import static org.assertj.core.api.Assertions.fail;

import dev.riffle.schemas.AvroCodec;
import dev.riffle.schemas.record.NoteEvent;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Writes and reads topics from outside, as any client would. */
public final class TopicProbe {
  private final String bootstrap;

  public TopicProbe(String bootstrap) {
    this.bootstrap = bootstrap;
  }

  /** Writes all and waits until the broker has them. */
  public List<RecordMetadata> send(List<ProducerRecord<byte[], byte[]>> records) {
    Map<String, Object> config =
        Map.of("bootstrap.servers", bootstrap, "max.request.size", 4 << 20, "linger.ms", 5);
    List<Future<RecordMetadata>> sent = new ArrayList<>();
    List<RecordMetadata> written = new ArrayList<>();
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer())) {
      records.forEach(r -> sent.add(producer.send(r)));
      producer.flush();
      for (Future<RecordMetadata> f : sent) {
        written.add(f.get());
      }
    } catch (InterruptedException | ExecutionException e) {
      throw new IllegalStateException(e);
    }
    return written;
  }

  /** Everything committed on a topic by now. */
  public List<ConsumerRecord<byte[], byte[]>> read(String topic) {
    return read(topic, found -> false, Duration.ofSeconds(30), true);
  }

  /** Reads committed records from the beginning until there are enough; fails at the deadline. */
  public List<ConsumerRecord<byte[], byte[]>> await(
      String topic, Duration limit, Predicate<List<ConsumerRecord<byte[], byte[]>>> enough) {
    return read(topic, enough, limit, false);
  }

  /** Waits until every sequence has told a note that is known at its position here or later. */
  public void awaitNotes(String topic, Duration limit, Map<String, Long> positions) {
    await(
        topic,
        limit,
        found -> {
          Map<String, List<NoteEvent>> notes = notes(found);
          return positions.entrySet().stream()
              .allMatch(
                  wanted ->
                      notes.getOrDefault(wanted.getKey(), List.of()).stream()
                          .anyMatch(n -> n.getKnownPosition() >= wanted.getValue()));
        });
  }

  private List<ConsumerRecord<byte[], byte[]>> read(
      String topic,
      Predicate<List<ConsumerRecord<byte[], byte[]>>> enough,
      Duration limit,
      boolean untilEnd) {
    Map<String, Object> config =
        Map.of("bootstrap.servers", bootstrap, "isolation.level", "read_committed");
    List<ConsumerRecord<byte[], byte[]>> found = new ArrayList<>();
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(topic).stream()
              .map(p -> new TopicPartition(p.topic(), p.partition()))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      long deadline = System.nanoTime() + limit.toNanos();
      while (System.nanoTime() < deadline) {
        consumer.poll(Duration.ofMillis(50)).forEach(found::add);
        boolean atEnd = partitions.stream().allMatch(p -> consumer.position(p) >= ends.get(p));
        if (untilEnd ? atEnd : enough.test(found)) {
          return found;
        }
      }
    }
    return fail("After " + limit.toSeconds() + " s " + topic + " holds " + describe(found));
  }

  /** Values of each key in order, as hexadecimal text. */
  public static Map<String, List<String>> perSequence(
      List<ConsumerRecord<byte[], byte[]>> records) {
    Map<String, List<String>> values = new TreeMap<>();
    for (ConsumerRecord<byte[], byte[]> r : records) {
      values
          .computeIfAbsent(key(r), k -> new ArrayList<>())
          .add(HexFormat.of().formatHex(r.value()));
    }
    return values;
  }

  /** Notes of each key in order. */
  public static Map<String, List<NoteEvent>> notes(List<ConsumerRecord<byte[], byte[]>> records) {
    AvroCodec<NoteEvent> codec = AvroCodec.of(NoteEvent.class);
    Map<String, List<NoteEvent>> notes = new TreeMap<>();
    for (ConsumerRecord<byte[], byte[]> r : records) {
      notes.computeIfAbsent(key(r), k -> new ArrayList<>()).add(codec.decode(r.value()));
    }
    return notes;
  }

  /** The stream whose name topics carry. */
  public static String stream(Topics topics) {
    return topics.in().split("[.]")[1];
  }

  public static String key(ConsumerRecord<byte[], byte[]> record) {
    return record.key() == null ? "" : new String(record.key(), StandardCharsets.UTF_8);
  }

  private static String describe(List<ConsumerRecord<byte[], byte[]>> records) {
    Map<String, Integer> counts = new TreeMap<>();
    records.forEach(r -> counts.merge(key(r), 1, Integer::sum));
    return records.size() + " records " + counts;
  }
}
