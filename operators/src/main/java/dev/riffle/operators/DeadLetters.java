package dev.riffle.operators;

import dev.riffle.schemas.AvroCodec;
import dev.riffle.schemas.StrictUtf8;
import dev.riffle.schemas.record.DeadLetter;
import dev.riffle.schemas.record.SequenceEvent;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Creates dead letters: records for the dead-letter topic with an input that could not be used, the
 * reason, and the headers {@code source_topic, source_partition, source_offset, source_timestamp,
 * error}. An event whose format has attributes, such as {@code genetic-code}, has one more header
 * for each of them. A dead letter depends on the input only, never on a clock. Not thread-safe.
 */
public final class DeadLetters {
  /** Default limit of the payload, in bytes: fits into a Kafka record of the default size. */
  public static final int MAX_PAYLOAD_BYTES = 512 * 1024;

  /** Limit of the error: it is written twice, and a record has a largest size. */
  private static final int MAX_ERROR_CHARS = 4096;

  private final int maxPayloadBytes;
  private final AvroCodec<DeadLetter> deadLetters = AvroCodec.of(DeadLetter.class);
  private final AvroCodec<SequenceEvent> events = AvroCodec.of(SequenceEvent.class);

  /** Limits the payload to {@link #MAX_PAYLOAD_BYTES}. */
  public DeadLetters() {
    this(MAX_PAYLOAD_BYTES);
  }

  /**
   * @param maxPayloadBytes limit of the payload; longer values are cut off
   */
  public DeadLetters(int maxPayloadBytes) {
    this.maxPayloadBytes = maxPayloadBytes;
  }

  /**
   * The dead letter of a record that could not be decoded. The sequence is unknown unless the key
   * is UTF-8.
   *
   * @param key key of the record, or null
   * @param payload value of the record, or null
   */
  public OutputRecord undecodable(
      SourceCoordinates source, byte[] key, byte[] payload, String error) {
    String id = key == null ? null : StrictUtf8.decode(key).orElse(null);
    return undecodable(source, id, key, payload, error);
  }

  /**
   * The dead letter of a record that could not be decoded.
   *
   * @param id sequence that the record belongs to; null if unknown
   * @param key key of the record, or null
   * @param payload value of the record, or null
   */
  public OutputRecord undecodable(
      SourceCoordinates source, String id, byte[] key, byte[] payload, String error) {
    return deadLetter(id, source, key, payload, error, Map.of());
  }

  /**
   * The dead letter of a prediction that no record of the input brought, such as one at the end of
   * a session.
   */
  public OutputRecord withoutRecord(String id, String error) {
    return deadLetter(id, null, id.getBytes(StandardCharsets.UTF_8), null, error, Map.of());
  }

  /**
   * The dead letter of an event that was decoded but cannot be used. Its payload contains the steps
   * as a {@link SequenceEvent}.
   */
  public OutputRecord unusable(StepEvent event, String error) {
    byte[] key = event.sequenceId.getBytes(StandardCharsets.UTF_8);
    return deadLetter(
        event.sequenceId, event.origin, key, payload(event), error, event.format.attributes());
  }

  private byte[] payload(StepEvent event) {
    int width = Math.max(1, event.format.width());
    return events.encode(
        SequenceEvent.newBuilder()
            .setSequenceId(event.sequenceId)
            .setSequenceStart(event.start)
            .setSequenceEnd(event.end)
            .setPosition(event.position)
            .setCaptureTime(Instant.EPOCH.plus(event.captureMicros, ChronoUnit.MICROS))
            .setKind("f32le")
            .setShape(List.of(event.values.length / width, width))
            .setValues(ByteBuffer.wrap(StepEventSerializer.littleEndian(event.values)))
            .build());
  }

  private OutputRecord deadLetter(
      String id,
      SourceCoordinates source,
      byte[] key,
      byte[] payload,
      String reason,
      Map<String, String> attributes) {
    String error =
        reason.length() <= MAX_ERROR_CHARS ? reason : reason.substring(0, MAX_ERROR_CHARS) + "...";
    SourceCoordinates from = source == null ? new SourceCoordinates("", -1, -1, 0) : source;
    byte[] limited =
        payload == null || payload.length <= maxPayloadBytes
            ? payload
            : Arrays.copyOf(payload, maxPayloadBytes);
    DeadLetter letter =
        DeadLetter.newBuilder()
            .setSequenceId(id)
            .setSourceTopic(from.topic())
            .setSourcePartition(from.partition())
            .setSourceOffset(from.offset())
            .setSourceTimestamp(from.timestampMillis())
            .setError(error)
            .setKey(key == null ? null : ByteBuffer.wrap(key))
            .setPayload(limited == null ? null : ByteBuffer.wrap(limited))
            .setPayloadBytes(payload == null ? 0 : payload.length)
            .build();
    List<String> headers =
        new ArrayList<>(
            List.of(
                "source_topic",
                from.topic(),
                "source_partition",
                Integer.toString(from.partition()),
                "source_offset",
                Long.toString(from.offset()),
                "source_timestamp",
                Long.toString(from.timestampMillis()),
                "error",
                error));
    new TreeMap<>(attributes)
        .forEach(
            (name, value) -> {
              headers.add(name);
              headers.add(value);
            });
    return new OutputRecord(
        id, deadLetters.encode(letter), from.timestampMillis(), headers.toArray(String[]::new));
  }
}
