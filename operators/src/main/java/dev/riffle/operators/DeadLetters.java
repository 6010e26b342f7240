package dev.riffle.operators;

import dev.riffle.schemas.AvroCodec;
import dev.riffle.schemas.record.DeadLetter;
import dev.riffle.schemas.record.SequenceEvent;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.List;

/**
 * Makes dead letters: the input that could not be used beside the reason, as a record for the
 * dead-letter topic with the headers {@code source_topic, source_partition, source_offset,
 * source_timestamp, error}. Nothing in it comes from a clock. Not thread-safe, as the codec.
 */
public final class DeadLetters {
  /** Largest part of an unusable value that is kept, in bytes: fits Kafka's default record size. */
  public static final int MAX_PAYLOAD_BYTES = 512 * 1024;

  private final int maxPayloadBytes;
  private final AvroCodec<DeadLetter> letters = AvroCodec.of(DeadLetter.class);
  private final AvroCodec<SequenceEvent> events = AvroCodec.of(SequenceEvent.class);

  /** Dead letters that keep up to {@link #MAX_PAYLOAD_BYTES} of a value. */
  public DeadLetters() {
    this(MAX_PAYLOAD_BYTES);
  }

  /**
   * @param maxPayloadBytes most bytes of a value that are kept
   */
  public DeadLetters(int maxPayloadBytes) {
    this.maxPayloadBytes = maxPayloadBytes;
  }

  /**
   * The letter of a record that could not be decoded.
   *
   * @param key the record's key as it came, or null
   * @param payload the record's value as it came, or null
   */
  public OutputRecord undecodable(
      SourceCoordinates origin, byte[] key, byte[] payload, String error) {
    String text = key == null ? null : new String(key, StandardCharsets.UTF_8);
    return letter(text, origin, key, payload, error);
  }

  /**
   * The letter of an event that was decoded but cannot be used; its payload is the event's steps as
   * a {@link SequenceEvent}.
   */
  public OutputRecord unusable(StepEvent event, String error) {
    byte[] key = event.sequenceId.getBytes(StandardCharsets.UTF_8);
    return letter(event.sequenceId, event.origin, key, payload(event), error);
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

  private OutputRecord letter(
      String id, SourceCoordinates origin, byte[] key, byte[] payload, String error) {
    SourceCoordinates from = origin == null ? new SourceCoordinates("", -1, -1, 0) : origin;
    byte[] kept =
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
            .setPayload(kept == null ? null : ByteBuffer.wrap(kept))
            .setPayloadBytes(payload == null ? 0 : payload.length)
            .build();
    return new OutputRecord(
        id,
        letters.encode(letter),
        from.timestampMillis(),
        "source_topic",
        from.topic(),
        "source_partition",
        Integer.toString(from.partition()),
        "source_offset",
        Long.toString(from.offset()),
        "source_timestamp",
        Long.toString(from.timestampMillis()),
        "error",
        error);
  }
}
