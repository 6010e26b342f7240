package dev.riffle.jobs.stream;

import dev.riffle.models.InputException;
import dev.riffle.operators.DeadLetters;
import dev.riffle.operators.SourceCoordinates;
import dev.riffle.operators.StepEvent;
import dev.riffle.schemas.CodecException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.metrics.Counter;
import org.apache.flink.util.Collector;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * Decodes the records of an input topic. An unusable record becomes a dead letter that states what
 * was expected and what was found; no record is lost and none stops the job.
 */
public abstract class EventInput implements KafkaRecordDeserializationSchema<InputRecord> {
  private static final long serialVersionUID = 1;

  /** Longest sequence id, in bytes of UTF-8. */
  public static final int MAX_ID_BYTES = 1024;

  /** Largest position: 185 years at 192,000 steps per second; beyond it, times overflow. */
  public static final long MAX_POSITION = 1L << 50;

  private static final int MAX_SHOWN = 100;

  private final InputLimits limits;
  private transient DeadLetters deadLetters;
  private transient Counter failures;

  protected EventInput(InputLimits limits) {
    this.limits = limits;
  }

  /**
   * Decodes a record to steps and sets all fields of the event except {@code arrivedNanos} and
   * {@code origin}. Called by one thread.
   *
   * @throws CodecException or {@link InputException} if the record is unusable; the message says
   *     why
   */
  protected abstract StepEvent event(ConsumerRecord<byte[], byte[]> record);

  @Override
  public void open(DeserializationSchema.InitializationContext context) {
    failures = context.getMetricGroup().counter("dead_letters_total");
  }

  @Override
  public void deserialize(ConsumerRecord<byte[], byte[]> record, Collector<InputRecord> out) {
    InputRecord decoded = read(record);
    if (decoded.deadLetter != null) {
      failures.inc();
    }
    out.collect(decoded);
  }

  /** Decodes one record to steps or to a dead letter. */
  public final InputRecord read(ConsumerRecord<byte[], byte[]> record) {
    if (deadLetters == null) {
      deadLetters = new DeadLetters((int) Math.min(Integer.MAX_VALUE, limits.recordBytes()));
    }
    SourceCoordinates origin =
        new SourceCoordinates(
            record.topic(), record.partition(), record.offset(), record.timestamp());
    try {
      checkSize(record);
      StepEvent event = event(record);
      event.arrivedNanos = System.nanoTime();
      event.origin = origin;
      return InputRecord.of(event);
    } catch (CodecException | InputException e) {
      byte[] key = record.key();
      byte[] idBytes = length(key) > MAX_ID_BYTES ? Arrays.copyOf(key, MAX_ID_BYTES) : key;
      return InputRecord.of(
          deadLetters.undecodable(origin, idBytes, record.value(), e.getMessage()));
    }
  }

  private void checkSize(ConsumerRecord<byte[], byte[]> record) {
    long bytes = length(record.key()) + length(record.value());
    if (bytes > limits.recordBytes()) {
      throw new InputException(
          "Expected a record of at most "
              + limits.recordBytes()
              + " bytes but it has "
              + bytes
              + ": send fewer steps at once, or raise max-record-bytes.");
    }
  }

  /**
   * Checks a sequence id.
   *
   * @return its UTF-8
   */
  protected static byte[] checkId(String id) {
    byte[] bytes = id.getBytes(StandardCharsets.UTF_8);
    if (bytes.length == 0 || bytes.length > MAX_ID_BYTES) {
      throw new InputException(
          "Expected a sequence id of 1 to "
              + MAX_ID_BYTES
              + " bytes but it has "
              + bytes.length
              + ".");
    }
    return bytes;
  }

  /** Checks the id of one of Riffle's own records, which has to be the Kafka key as well. */
  protected static void checkId(String id, byte[] key) {
    if (!Arrays.equals(checkId(id), key)) {
      throw new InputException(
          "Expected the Kafka key to be the sequence_id '"
              + shortened(id)
              + "' in UTF-8 but it is "
              + (key == null
                  ? "missing"
                  : "'" + shortened(new String(key, StandardCharsets.UTF_8)) + "'")
              + ". Otherwise the records of a sequence may be in several partitions, without order.");
    }
  }

  /** Checks a position. */
  protected static void checkPosition(long position) {
    if (position < 0 || position > MAX_POSITION) {
      throw new InputException(
          "Expected position from 0 to "
              + MAX_POSITION
              + " but it is "
              + position
              + ": it is the index of the record's first step in the sequence.");
    }
  }

  /**
   * Checks a capture time against the record's timestamp.
   *
   * @return microseconds since the epoch
   */
  protected final long checkCaptureTime(Instant capture, ConsumerRecord<?, ?> record) {
    // JDK 17's own way to microseconds overflows before 1677
    long micros = capture.getEpochSecond() * 1_000_000 + capture.getNano() / 1000;
    long stamped = record.timestamp();
    long maxAhead = limits.captureAhead().toMillis();
    if (stamped >= 0 && Math.floorDiv(micros, 1000L) - stamped > maxAhead) {
      throw new InputException(
          "Expected capture_time at most "
              + maxAhead
              + " ms after the record's timestamp "
              + Instant.ofEpochMilli(stamped)
              + " but it is "
              + capture
              + ": check its unit and the recorder's clock.");
    }
    return micros;
  }

  /**
   * Checks that all values are finite.
   *
   * @param what the values are, for the message
   */
  protected static float[] checkFinite(float[] values, String what) {
    for (int i = 0; i < values.length; i++) {
      if (!Float.isFinite(values[i])) {
        throw new InputException(
            "Expected finite "
                + what
                + " but the value at index "
                + i
                + " of "
                + values.length
                + " is "
                + values[i]
                + ".");
      }
    }
    return values;
  }

  /** Text of a record, shortened for a message. */
  protected static String shortened(String text) {
    return text.length() <= MAX_SHOWN ? text : text.substring(0, MAX_SHOWN) + "...";
  }

  private static long length(byte[] bytes) {
    return bytes == null ? 0 : bytes.length;
  }

  @Override
  public final TypeInformation<InputRecord> getProducedType() {
    return InputRecordSerializer.TYPE;
  }
}
