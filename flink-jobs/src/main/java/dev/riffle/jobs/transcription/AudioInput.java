package dev.riffle.jobs.transcription;

import dev.riffle.models.Format;
import dev.riffle.models.InputException;
import dev.riffle.operators.DeadLetters;
import dev.riffle.operators.Origin;
import dev.riffle.operators.StepEvent;
import dev.riffle.schemas.AvroCodec;
import dev.riffle.schemas.CodecException;
import dev.riffle.schemas.record.AudioChunk;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.metrics.Counter;
import org.apache.flink.util.Collector;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * Reads {@code AudioChunk} records. What cannot be used becomes a dead letter that says what was
 * expected and what came; nothing is lost and nothing stops the stream.
 */
public final class AudioInput implements KafkaRecordDeserializationSchema<Inbound> {
  private static final long serialVersionUID = 1;

  /** Sample rates that are taken. */
  public static final int MIN_RATE = 8_000;

  public static final int MAX_RATE = 192_000;
  public static final int MAX_CHANNELS = 8;

  /** Longest sequence id, in bytes of UTF-8. */
  public static final int MAX_ID_BYTES = 1024;

  /** Largest position: 185 years at the highest rate; beyond it, times overflow. */
  public static final long MAX_POSITION = 1L << 50;

  private final long maxRecordBytes;
  private final long maxAheadMillis;
  private transient AvroCodec<AudioChunk> codec;
  private transient DeadLetters deadLetters;
  private transient Counter failures;

  /**
   * @param maxRecordBytes largest record, key and value
   * @param maxAhead how far a capture time may lie after its record's Kafka timestamp
   */
  public AudioInput(long maxRecordBytes, Duration maxAhead) {
    this.maxRecordBytes = maxRecordBytes;
    this.maxAheadMillis = maxAhead.toMillis();
  }

  @Override
  public void open(DeserializationSchema.InitializationContext context) {
    failures = context.getMetricGroup().counter("dead_letters_total");
  }

  @Override
  public void deserialize(ConsumerRecord<byte[], byte[]> record, Collector<Inbound> out) {
    Inbound inbound = read(record);
    if (inbound.deadLetter != null) {
      failures.inc();
    }
    out.collect(inbound);
  }

  /** One record as steps or dead letter. */
  Inbound read(ConsumerRecord<byte[], byte[]> record) {
    if (codec == null) {
      codec = AvroCodec.of(AudioChunk.class);
      deadLetters = new DeadLetters((int) Math.min(Integer.MAX_VALUE, maxRecordBytes));
    }
    Origin origin =
        new Origin(record.topic(), record.partition(), record.offset(), record.timestamp());
    try {
      checkSize(record);
      return Inbound.of(event(codec.decode(record.value()), record.key(), origin));
    } catch (CodecException | InputException e) {
      byte[] key = record.key();
      byte[] kept = length(key) > MAX_ID_BYTES ? Arrays.copyOf(key, MAX_ID_BYTES) : key;
      return Inbound.of(deadLetters.undecodable(origin, kept, record.value(), e.getMessage()));
    }
  }

  private void checkSize(ConsumerRecord<byte[], byte[]> record) {
    long bytes = length(record.key()) + length(record.value());
    if (bytes > maxRecordBytes) {
      throw new InputException(
          "Expected a record of at most "
              + maxRecordBytes
              + " bytes but it has "
              + bytes
              + ": send shorter chunks, or raise --max-record-bytes.");
    }
  }

  private StepEvent event(AudioChunk chunk, byte[] key, Origin origin) {
    checkId(chunk.getSequenceId(), key);
    SampleEncoding encoding = SampleEncoding.of(chunk.getEncoding());
    if (encoding == null) {
      throw new InputException(
          "Expected encoding "
              + SampleEncoding.names()
              + " but it is '"
              + shortened(chunk.getEncoding())
              + "': convert the samples first.");
    }
    int rate = chunk.getSampleRate();
    if (rate < MIN_RATE || rate > MAX_RATE) {
      throw new InputException(
          "Expected sample_rate from "
              + MIN_RATE
              + " to "
              + MAX_RATE
              + " but it is "
              + rate
              + ": check what the recorder wrote.");
    }
    int channels = chunk.getChannels();
    if (channels < 1 || channels > MAX_CHANNELS) {
      throw new InputException(
          "Expected 1 to " + MAX_CHANNELS + " channels but there are " + channels + ".");
    }
    if (chunk.getPosition() < 0 || chunk.getPosition() > MAX_POSITION) {
      throw new InputException(
          "Expected position from 0 to "
              + MAX_POSITION
              + " but it is "
              + chunk.getPosition()
              + ": it is the index of the chunk's first sample in the sequence.");
    }
    checkCaptureTime(chunk.getCaptureTime(), origin);

    StepEvent event = new StepEvent();
    event.sequenceId = chunk.getSequenceId();
    event.start = chunk.getSequenceStart();
    event.end = chunk.getSequenceEnd();
    event.position = chunk.getPosition();
    event.captureMicros = micros(chunk.getCaptureTime());
    event.format = new Format(rate, channels);
    event.values = samples(chunk.getSamples(), encoding, channels);
    event.arrivedNanos = System.nanoTime();
    event.origin = origin;
    if (event.values.length == 0 && !event.end) {
      throw new InputException(
          "Expected samples but there are none; only a chunk with sequence_end may be empty.");
    }
    return event;
  }

  private static void checkId(String id, byte[] key) {
    byte[] bytes = id.getBytes(StandardCharsets.UTF_8);
    if (bytes.length == 0 || bytes.length > MAX_ID_BYTES) {
      throw new InputException(
          "Expected sequence_id of 1 to "
              + MAX_ID_BYTES
              + " bytes but it has "
              + bytes.length
              + ".");
    }
    if (!Arrays.equals(bytes, key)) {
      throw new InputException(
          "Expected the Kafka key to be the sequence_id '"
              + shortened(id)
              + "' in UTF-8 but it is "
              + (key == null
                  ? "missing"
                  : "'" + shortened(new String(key, StandardCharsets.UTF_8)) + "'")
              + ": without it the order of a sequence is lost among partitions.");
    }
  }

  private void checkCaptureTime(Instant capture, Origin origin) {
    long stamped = origin.timestampMillis();
    if (stamped >= 0 && capture.toEpochMilli() - stamped > maxAheadMillis) {
      throw new InputException(
          "Expected capture_time at most "
              + maxAheadMillis
              + " ms after the record's timestamp "
              + Instant.ofEpochMilli(stamped)
              + " but it is "
              + capture
              + ": check its unit (microseconds) and the recorder's clock.");
    }
  }

  /** Microseconds since the epoch; JDK 17's own way to them overflows before 1677. */
  private static long micros(Instant time) {
    return time.getEpochSecond() * 1_000_000 + time.getNano() / 1000;
  }

  private static float[] samples(ByteBuffer bytes, SampleEncoding encoding, int channels) {
    int frame = encoding.bytes() * channels;
    if (bytes.remaining() % frame != 0) {
      throw new InputException(
          "Expected a multiple of "
              + frame
              + " bytes ("
              + encoding.bytes()
              + " per sample, "
              + channels
              + " channels) but there are "
              + bytes.remaining()
              + ": the chunk was cut within a sample.");
    }
    float[] values = encoding.decode(bytes);
    for (int i = 0; i < values.length; i++) {
      if (!Float.isFinite(values[i])) {
        throw new InputException(
            "Expected finite samples but the value at index "
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

  private static String shortened(String text) {
    return text.length() <= 100 ? text : text.substring(0, 100) + "...";
  }

  private static long length(byte[] bytes) {
    return bytes == null ? 0 : bytes.length;
  }

  @Override
  public TypeInformation<Inbound> getProducedType() {
    return InboundSerializer.TYPE;
  }
}
