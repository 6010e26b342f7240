package dev.riffle.jobs.sequence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.riffle.jobs.stream.InputLimits;
import dev.riffle.jobs.stream.InputRecord;
import dev.riffle.schemas.AvroCodec;
import dev.riffle.schemas.record.DeadLetter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Records that would stop a job, merge sequences, or take more memory than they have bytes. */
class HostileRecordsTest {
  private static final long STAMP = 1_764_500_000_000L;
  private static final RecordFormat JSON = new RecordFormat(RecordFormat.Kind.JSON, null, false);

  private static EventFields fields(KeyEncoding encoding, int width) {
    return new EventFields(
        null, encoding, List.of("v"), width, null, null, null, null, null, null, null);
  }

  private static EventFields timed(TimeUnit unit) {
    return new EventFields(
        null, KeyEncoding.UTF_8, List.of("v"), 0, null, null, null, "at", unit, null, null);
  }

  private static EventFields keyed(String field) {
    return new EventFields(
        field, KeyEncoding.UTF_8, List.of("v"), 0, null, null, null, null, null, null, null);
  }

  private static InputRecord read(
      RecordFormat format, EventFields fields, byte[] key, byte[] value, long timestamp) {
    InputLimits limits = new InputLimits(4 << 20, 4 << 20, Duration.ofDays(1));
    return new SequenceInput(format, fields, limits)
        .read(
            new ConsumerRecord<>(
                "topic",
                0,
                7,
                timestamp,
                TimestampType.CREATE_TIME,
                0,
                0,
                key,
                value,
                new RecordHeaders(),
                Optional.empty()));
  }

  private static DeadLetter letter(InputRecord record) {
    assertThat(record.event).isNull();
    return AvroCodec.of(DeadLetter.class).decode(record.deadLetter.value);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  // ---- keys ----

  @ParameterizedTest
  @ValueSource(strings = {"ff", "ffff", "61c3", "eda080", "f8888080", "00ff00"})
  void aKeyThatIsNotUtf8IsADeadLetterAndNoOtherSequence(String hex) {
    byte[] key = HexFormat.of().parseHex(hex);
    InputRecord read = read(JSON, fields(KeyEncoding.UTF_8, 1), key, bytes("{\"v\": [1]}"), STAMP);
    DeadLetter letter = letter(read);
    assertThat(letter.getError())
        .startsWith("Expected a Kafka key in UTF-8, which identifies the sequence, but its ")
        .contains("0x" + hex)
        .contains("fields.key-encoding");
    assertThat(letter.getKey().array()).isEqualTo(key);
    assertThat(letter.getSequenceId()).isNull();
    assertThat(read.deadLetter.key).isNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"ff", "fe", "61c3", "6b6579", "00"})
  void keysOfBytesAreIdentifiedByTheirHexadecimalText(String hex) {
    byte[] key = HexFormat.of().parseHex(hex);
    EventFields fields = fields(KeyEncoding.BYTES, 1);
    assertThat(read(JSON, fields, key, bytes("{\"v\": [1]}"), STAMP).event.sequenceId)
        .isEqualTo(hex);
    InputRecord refused = read(JSON, fields, key, bytes("{}"), STAMP);
    assertThat(letter(refused).getSequenceId()).isEqualTo(hex);
    assertThat(refused.deadLetter.key).isEqualTo(hex);
  }

  @ParameterizedTest
  @ValueSource(strings = {"\\ud800", "a\\udc00b", "\\udc00\\ud800"})
  void anIdThatIsHalfASurrogatePairIsADeadLetter(String id) {
    String json = "{\"id\": \"" + id + "\", \"v\": 1}";
    assertThat(letter(read(JSON, keyed("id"), null, bytes(json), STAMP)).getError())
        .contains("half of a surrogate pair");
  }

  @ParameterizedTest
  @ValueSource(strings = {"ff", "c328", "eda080"})
  void anAvroIdThatIsNotUtf8IsADeadLetter(String hex) {
    String schema =
        "{\"type\": \"record\", \"name\": \"R\", \"fields\": [{\"name\": \"id\", \"type\":"
            + " \"string\"}, {\"name\": \"v\", \"type\": \"int\"}]}";
    byte[] id = HexFormat.of().parseHex(hex);
    byte[] value = new byte[id.length + 2];
    value[0] = (byte) (2 * id.length);
    System.arraycopy(id, 0, value, 1, id.length);
    RecordFormat avro = new RecordFormat(RecordFormat.Kind.AVRO, schema, false);
    assertThat(letter(read(avro, keyed("id"), null, value, STAMP)).getError())
        .contains("Expected text in UTF-8 in 'id'");
  }

  // ---- times ----

  @ParameterizedTest
  @CsvSource({
    "1764500000000, SECONDS, ms",
    "1764500000000000, SECONDS, us",
    "1764500000000000000, SECONDS, ns",
    "1764500000000000, MILLISECONDS, us",
    "1764500000000000000, MICROSECONDS, ns",
    "1764500000000000.5, SECONDS, us",
  })
  void aTimeInTheWrongUnitIsADeadLetterThatNamesTheLikelyUnit(
      String number, TimeUnit unit, String likely) {
    String json = "{\"v\": 1, \"at\": " + number + "}";
    assertThat(letter(read(JSON, timed(unit), bytes("k"), bytes(json), STAMP)).getError())
        .startsWith("Expected a time of the years 1970 to 2200 in 'at' but it is ")
        .contains("The number is likely in " + likely + ": set fields.time.unit to it");
  }

  @ParameterizedTest
  @CsvSource({
    "-1, SECONDS",
    "-0.001, MILLISECONDS",
    "9223372036854775807, SECONDS",
    "-9223372036854775808, NANOSECONDS",
    "7289654400, SECONDS",
    "1e300, MICROSECONDS",
    "99999999999999999999999999, NANOSECONDS",
    "'\"+1000000000-12-31T23:59:59Z\"', ",
    "'\"1969-12-31T23:59:59.999Z\"', ",
    "'\"2201-01-01T00:00:00Z\"', ",
  })
  void aTimeOutside1970To2200IsADeadLetter(String number, TimeUnit unit) {
    String json = "{\"v\": 1, \"at\": " + number + "}";
    assertThat(letter(read(JSON, timed(unit), bytes("k"), bytes(json), STAMP)).getError())
        .startsWith("Expected a time of the years 1970 to 2200 in 'at' but it is ");
  }

  @Test
  void aRecordWithoutATimestampIsADeadLetter() {
    for (long stamp : new long[] {-1, Long.MIN_VALUE}) {
      assertThat(
              letter(
                      read(
                          JSON,
                          fields(KeyEncoding.UTF_8, 1),
                          bytes("k"),
                          bytes("{\"v\": [1]}"),
                          stamp))
                  .getError())
          .startsWith("Expected a Kafka timestamp, which is the capture time, but it is missing");
    }
  }

  // ---- memory ----

  @Test
  void manyEmptyRowsOfAWideArrayTakeNoMemory() {
    String rows = "[]" + ",[]".repeat(500_000);
    InputRecord read =
        read(
            JSON,
            fields(KeyEncoding.UTF_8, 100_000),
            bytes("k"),
            bytes("{\"v\": [" + rows + "]}"),
            STAMP);
    assertThat(letter(read).getError()).contains("Expected 100000 numbers in 'v'");
  }

  /** Values of Avro types that announce far more than the record has. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          "bytes"                                  | fcffffff0f
          "string"                                 | fcffffff0f
          {"type": "map", "values": "null"}        | feffffff0f0261
          {"type": "array", "items": "long"}       | feffffff0f02
          {"type": "array", "items": "null"}       | 8090dfc04a00
          """)
  void anAnnouncedCountTakesNoMemory(String type, String hex) {
    String schema =
        "{\"type\": \"record\", \"name\": \"R\", \"fields\": [{\"name\": \"x\", \"type\": "
            + type
            + "}, {\"name\": \"v\", \"type\": \"int\"}]}";
    RecordFormat avro = new RecordFormat(RecordFormat.Kind.AVRO, schema, false);
    EventFields one =
        new EventFields(
            null, KeyEncoding.UTF_8, List.of("v"), 0, null, null, null, null, null, null, null);
    byte[] value = HexFormat.of().parseHex(hex);
    assertThat(letter(read(avro, one, bytes("k"), value, STAMP)).getError())
        .startsWith("Expected a record of source.schema but its " + value.length + " bytes");
  }

  @Test
  void valuesNestedWithoutEndAreDeadLetters() {
    String schema =
        "{\"type\": \"record\", \"name\": \"L\", \"fields\": [{\"name\": \"v\", \"type\": [\"null\","
            + " \"L\"]}]}";
    byte[] value = new byte[2_000_000];
    Arrays.fill(value, (byte) 2);
    RecordFormat avro = new RecordFormat(RecordFormat.Kind.AVRO, schema, false);
    assertThat(
            letter(read(avro, fields(KeyEncoding.UTF_8, 1), bytes("k"), value, STAMP)).getError())
        .contains("StackOverflowError");
    String json = "{\"v\": " + "[".repeat(1_000_000);
    assertThat(
            letter(read(JSON, fields(KeyEncoding.UTF_8, 1), bytes("k"), bytes(json), STAMP))
                .getError())
        .contains("cannot be read as one");
  }
}
