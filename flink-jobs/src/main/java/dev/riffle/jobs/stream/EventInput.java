package dev.riffle.jobs.stream;

import dev.riffle.models.InputException;
import dev.riffle.operators.DeadLetters;
import dev.riffle.operators.SourceCoordinates;
import dev.riffle.operators.StepEvent;
import dev.riffle.schemas.CodecException;
import dev.riffle.schemas.Printable;
import dev.riffle.schemas.StrictUtf8;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
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
  private transient Counter records;
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
   * @throws UnavailableException if it cannot be decoded now, though the record may be right
   */
  protected abstract StepEvent event(ConsumerRecord<byte[], byte[]> record);

  @Override
  public void open(DeserializationSchema.InitializationContext context) {
    records = context.getMetricGroup().counter("records_total");
    failures = context.getMetricGroup().counter("dead_letters_total");
  }

  @Override
  public void deserialize(ConsumerRecord<byte[], byte[]> record, Collector<InputRecord> out) {
    InputRecord decoded = read(record);
    records.inc();
    if (decoded.deadLetter != null) {
      failures.inc();
    }
    out.collect(decoded);
  }

  /**
   * The sequence that a Kafka key identifies, for dead letters; empty if it identifies no sequence.
   */
  protected Optional<String> idOf(byte[] key) {
    return StrictUtf8.decode(key);
  }

  /**
   * Decodes one record to steps or to a dead letter. Whatever the record makes the decoder throw,
   * it is a dead letter: a restart would read the same record again.
   *
   * @throws UnavailableException if the record is to be read again
   */
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
      checkSteps(event);
      event.arrivedNanos = System.nanoTime();
      event.origin = origin;
      return InputRecord.of(event);
    } catch (CodecException | InputException e) {
      return unusable(record, origin, e.getMessage());
    } catch (UnavailableException e) {
      throw e;
    } catch (RuntimeException | StackOverflowError e) { // deeply nested values exhaust the stack
      return unusable(
          record,
          origin,
          "The record cannot be decoded: "
              + shortened(e.toString())
              + ". Compare the record, which is the payload of this dead letter, with what the job"
              + " reads.");
    }
  }

  private InputRecord unusable(
      ConsumerRecord<byte[], byte[]> record, SourceCoordinates origin, String error) {
    byte[] key = record.key();
    byte[] shown = length(key) > MAX_ID_BYTES ? Arrays.copyOf(key, MAX_ID_BYTES) : key;
    String id = shown == null ? null : idOf(shown).orElse(null);
    return InputRecord.of(deadLetters.undecodable(origin, id, shown, record.value(), error));
  }

  private void checkSteps(StepEvent event) {
    if (event.steps() > limits.recordSteps()) {
      throw new InputException(
          "Expected a record of at most "
              + limits.recordSteps()
              + " steps but it has "
              + event.steps()
              + ": send fewer steps at once, or raise max-record-steps.");
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
    byte[] bytes =
        StrictUtf8.encode(id)
            .orElseThrow(
                () ->
                    new InputException(
                        "Expected a sequence id that is valid Unicode but '"
                            + shortened(id)
                            + "' contains half of a surrogate pair. Correct the producer."));
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
                  : StrictUtf8.decode(key)
                      .map(text -> "'" + shortened(text) + "'")
                      .orElse("not UTF-8"))
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
   * Checks a capture time: against the years that jobs accept, and against the record's timestamp.
   *
   * @return microseconds since the epoch
   */
  protected final long checkCaptureTime(Instant capture, ConsumerRecord<?, ?> record) {
    CaptureTimes.check(capture);
    long micros = CaptureTimes.micros(capture);
    long stamped = record.timestamp();
    long maxAhead = millis(limits.captureAhead());
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

  private static long millis(Duration duration) {
    return duration.compareTo(Duration.ofMillis(Long.MAX_VALUE)) >= 0
        ? Long.MAX_VALUE
        : duration.toMillis();
  }

  /** Text of a record, shortened for a message and without control characters. */
  protected static String shortened(String text) {
    return Printable.line(text, MAX_SHOWN);
  }

  private static long length(byte[] bytes) {
    return bytes == null ? 0 : bytes.length;
  }

  @Override
  public final TypeInformation<InputRecord> getProducedType() {
    return InputRecordSerializer.TYPE;
  }
}
