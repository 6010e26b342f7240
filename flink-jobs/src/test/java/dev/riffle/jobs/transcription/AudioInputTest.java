package dev.riffle.jobs.transcription;

import static org.assertj.core.api.Assertions.assertThat;

import dev.riffle.jobs.stream.InputLimits;
import dev.riffle.jobs.stream.InputRecord;
import dev.riffle.jobs.stream.InputRecordSerializer;
import dev.riffle.models.Format;
import dev.riffle.operators.OutputRecord;
import dev.riffle.operators.StepEvent;
import dev.riffle.schemas.AvroCodec;
import dev.riffle.schemas.record.AudioChunk;
import dev.riffle.schemas.record.DeadLetter;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.apache.flink.core.memory.DataInputViewStreamWrapper;
import org.apache.flink.core.memory.DataOutputViewStreamWrapper;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AudioInputTest {
  private static final int LIMIT = 4096;
  private static final long STAMP = Chunks.START / 1000;

  private final AudioInput input =
      new AudioInput(new InputLimits(LIMIT, LIMIT, Duration.ofDays(1)));

  @Test
  void aChunkBecomesStepsWithAllItSays() {
    AudioChunk chunk = Chunks.chunk("hall", 32_000, (short) 0, (short) -32768, (short) 16384);
    chunk.setSequenceEnd(true);
    StepEvent event = read(chunk).event;
    assertThat(event.sequenceId).isEqualTo("hall");
    assertThat(event.start).isFalse();
    assertThat(event.end).isTrue();
    assertThat(event.position).isEqualTo(32_000);
    assertThat(event.captureMicros).isEqualTo(Chunks.START + 2_000_000);
    assertThat(event.format).isEqualTo(new Format(16_000, 1));
    assertThat(event.values).containsExactly(0, -1, 0.5f);
    assertThat(event.origin.offset()).isEqualTo(7);
    assertThat(event.arrivedNanos).isNotZero();
  }

  @Test
  void everyEncodingReadsTheSameSamples() {
    double[] wanted = {-1, -0.5, -1 / 32768.0, 0, 1 / 32768.0, 0.25};
    for (SampleEncoding encoding : SampleEncoding.values()) {
      ByteBuffer bytes =
          ByteBuffer.allocate(wanted.length * encoding.bytes()).order(ByteOrder.LITTLE_ENDIAN);
      for (double v : wanted) {
        switch (encoding) {
          case S16LE -> bytes.putShort((short) (v * 32768));
          case S24LE -> {
            int i = (int) (v * 8388608);
            bytes.put((byte) i).put((byte) (i >> 8)).put((byte) (i >> 16));
          }
          case S32LE -> bytes.putInt((int) (v * 2147483648.0));
          case F32LE -> bytes.putFloat((float) v);
        }
      }
      AudioChunk chunk = Chunks.chunk("hall", 0);
      chunk.setEncoding(encoding.text());
      chunk.setChannels(2);
      chunk.setSamples(bytes.flip());
      StepEvent event = read(chunk).event;
      assertThat(event.format).isEqualTo(new Format(16_000, 2));
      assertThat(event.steps()).as(encoding.text()).isEqualTo(3);
      for (int i = 0; i < wanted.length; i++) {
        assertThat(event.values[i]).as(encoding + " " + i).isEqualTo((float) wanted[i]);
      }
    }
  }

  @Test
  void whatIsOutOfRangeIsADeadLetterThatSaysWhatWasExpected() {
    refused(
        c -> c.setEncoding("mp3"), "Expected encoding s16le, s24le, s32le, f32le but it is 'mp3'");
    refused(c -> c.setSampleRate(0), "Expected sample_rate from 8000 to 192000 but it is 0");
    refused(c -> c.setSampleRate(2_000_000), "but it is 2000000");
    refused(c -> c.setChannels(0), "Expected 1 to 8 channels but there are 0");
    refused(c -> c.setChannels(9), "but there are 9");
    refused(c -> c.setPosition(-1), "Expected position from 0 to 1125899906842624 but it is -1");
    refused(c -> c.setPosition(Long.MAX_VALUE), "but it is 9223372036854775807");
    refused(
        c -> c.setSamples(ByteBuffer.allocate(3)),
        "Expected a multiple of 2 bytes (2 per sample, 1 channels) but there are 3");
    refused(c -> c.setSamples(ByteBuffer.allocate(0)), "Expected samples but there are none");
    refused(
        c -> c.setCaptureTime(Instant.ofEpochMilli(STAMP).plus(Duration.ofDays(2))),
        "Expected capture_time at most 86400000 ms after the record's timestamp");
    refused(
        c -> {
          c.setEncoding("f32le");
          c.setSamples(floats(0, 1, Float.NaN, 2));
        },
        "the value at index 2 of 4 is NaN");
    refused(
        c -> {
          c.setEncoding("f32le");
          c.setSamples(floats(Float.NEGATIVE_INFINITY));
        },
        "the value at index 0 of 1 is -Infinity");
  }

  @Test
  void aCaptureTimeFrom1970OnIsTakenAsItIs() {
    for (long micros : new long[] {0, 1, 999_999, 631_152_000_000_000L}) {
      AudioChunk chunk = Chunks.chunk("hall", 0, (short) 1);
      chunk.setCaptureTime(Instant.EPOCH.plus(micros, ChronoUnit.MICROS));
      assertThat(read(chunk).event.captureMicros).isEqualTo(micros);
    }
  }

  @Test
  void aCaptureTimeOutside1970To2200IsADeadLetterWithTheLikelyUnit() {
    String years = "Expected a time of the years 1970 to 2200 in 'capture_time' but it is ";
    refused(c -> time(c, -1), years + "-1 us since 1970. Correct the clock or the unit");
    refused(c -> time(c, Long.MIN_VALUE), years + "-9223372036854775808 us");
    refused(c -> time(c, Long.MAX_VALUE), years + "9223372036854775807 us");
    refused(
        c -> time(c, Chunks.START * 1000),
        years
            + "1700000000000000000 us since 1970. The number is likely in ns: write microseconds");
  }

  private static void time(AudioChunk chunk, long micros) {
    chunk.setCaptureTime(Instant.EPOCH.plus(micros, ChronoUnit.MICROS));
  }

  @ParameterizedTest
  @ValueSource(ints = {3, 4, 1000})
  void aChunkOfTooManyStepsIsADeadLetter(int steps) {
    AudioInput few = new AudioInput(new InputLimits(LIMIT, 2, Duration.ofDays(1)));
    byte[] value = AvroCodec.of(AudioChunk.class).encode(Chunks.chunk("hall", 0, new short[steps]));
    ConsumerRecord<byte[], byte[]> record = record(bytes("hall"), value);
    assertThat(few.read(record).deadLetter.headers)
        .endsWith(
            "Expected a record of at most 2 steps but it has "
                + steps
                + ": send fewer steps at once, or raise max-record-steps.");
    assertThat(input.read(record).event.steps()).isEqualTo(steps);
  }

  @Test
  void theLastChunkMayBeEmpty() {
    AudioChunk chunk = Chunks.chunk("hall", 5);
    chunk.setSequenceEnd(true);
    assertThat(read(chunk).event.steps()).isZero();
  }

  @Test
  void theKeyHasToBeTheSequenceId() {
    byte[] value = AvroCodec.of(AudioChunk.class).encode(Chunks.chunk("hall", 0, (short) 1));
    refused(bytes("cellar"), value, "the Kafka key to be the sequence_id 'hall'", "'cellar'");
    refused(null, value, "the Kafka key to be the sequence_id 'hall'", "it is missing");
    byte[] empty = AvroCodec.of(AudioChunk.class).encode(Chunks.chunk("", 0, (short) 1));
    refused(bytes(""), empty, "Expected a sequence id of 1 to 1024 bytes but it has 0");
    String id = "x".repeat(1025);
    byte[] longId = AvroCodec.of(AudioChunk.class).encode(Chunks.chunk(id, 0, (short) 1));
    OutputRecord letter = refused(bytes(id), longId, "1 to 1024 bytes but it has 1025");
    assertThat(letter.key).isEqualTo("x".repeat(1024));
  }

  @Test
  void bytesThatAreNoChunkAreADeadLetterWithAllThatCame() {
    OutputRecord letter = refused(bytes("hall"), bytes("no avro at all"), "wire format");
    DeadLetter decoded = AvroCodec.of(DeadLetter.class).decode(letter.value);
    assertThat(decoded.getKey()).isEqualTo(ByteBuffer.wrap(bytes("hall")));
    assertThat(decoded.getPayload()).isEqualTo(ByteBuffer.wrap(bytes("no avro at all")));
    assertThat(decoded.getSourceOffset()).isEqualTo(7);
    refused(bytes("hall"), null, "the value is empty");
    byte[] whole = AvroCodec.of(AudioChunk.class).encode(Chunks.chunk("hall", 0, (short) 1));
    refused(bytes("hall"), java.util.Arrays.copyOf(whole, whole.length - 1), "cannot be read");
  }

  @Test
  void aRecordOverTheLimitIsCutAndItsLengthKept() {
    byte[] value = AvroCodec.of(AudioChunk.class).encode(Chunks.chunk("hall", 0, new short[LIMIT]));
    OutputRecord letter =
        refused(bytes("hall"), value, "at most 4096 bytes but it has " + (value.length + 4));
    DeadLetter decoded = AvroCodec.of(DeadLetter.class).decode(letter.value);
    assertThat(decoded.getPayload().remaining()).isEqualTo(LIMIT);
    assertThat(decoded.getPayloadBytes()).isEqualTo(value.length);
  }

  @Test
  void whatCannotBeUsedDoesNotMoveTheWatermark() {
    assertThat(read(Chunks.chunk("hall", 0, (short) 1)).timestampMillis()).isEqualTo(STAMP);
    assertThat(input.read(record(null, null)).timestampMillis()).isEqualTo(Long.MIN_VALUE);
  }

  @Test
  void bothKindsOfInboundSurviveSerialization() throws Exception {
    InputRecord event = again(read(Chunks.chunk("hall", 0, (short) 16384)));
    assertThat(event.event.sequenceId).isEqualTo("hall");
    assertThat(event.event.values).containsExactly(0.5f);
    InputRecord letter = input.read(record(null, null));
    assertThat(again(letter).deadLetter.value).isEqualTo(letter.deadLetter.value);
    assertThat(again(letter).deadLetter.headers).isEqualTo(letter.deadLetter.headers);
  }

  private static InputRecord again(InputRecord inbound) throws Exception {
    InputRecordSerializer serializer = new InputRecordSerializer();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    serializer.serialize(inbound, new DataOutputViewStreamWrapper(bytes));
    return serializer.deserialize(
        new DataInputViewStreamWrapper(new ByteArrayInputStream(bytes.toByteArray())));
  }

  private void refused(Consumer<AudioChunk> change, String message) {
    AudioChunk chunk = Chunks.chunk("hall", 0, (short) 1, (short) 2);
    change.accept(chunk);
    refused(bytes("hall"), AvroCodec.of(AudioChunk.class).encode(chunk), message);
  }

  private OutputRecord refused(byte[] key, byte[] value, String... messages) {
    InputRecord inbound = input.read(record(key, value));
    assertThat(inbound.event).isNull();
    Map<String, String> headers = new TreeMap<>();
    for (int i = 0; i < inbound.deadLetter.headers.length; i += 2) {
      headers.put(inbound.deadLetter.headers[i], inbound.deadLetter.headers[i + 1]);
    }
    assertThat(headers.get("error")).contains(messages);
    headers.remove("error");
    assertThat(headers)
        .containsOnly(
            Map.entry("source_topic", "riffle.test.in.v1"),
            Map.entry("source_partition", "3"),
            Map.entry("source_offset", "7"),
            Map.entry("source_timestamp", Long.toString(STAMP)));
    return inbound.deadLetter;
  }

  private InputRecord read(AudioChunk chunk) {
    return input.read(
        record(bytes(chunk.getSequenceId()), AvroCodec.of(AudioChunk.class).encode(chunk)));
  }

  private static ConsumerRecord<byte[], byte[]> record(byte[] key, byte[] value) {
    return new ConsumerRecord<>(
        "riffle.test.in.v1",
        3,
        7,
        STAMP,
        TimestampType.CREATE_TIME,
        0,
        0,
        key,
        value,
        new RecordHeaders(),
        Optional.empty());
  }

  private static ByteBuffer floats(float... values) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (float v : values) {
      bytes.putFloat(v);
    }
    return bytes.flip();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
