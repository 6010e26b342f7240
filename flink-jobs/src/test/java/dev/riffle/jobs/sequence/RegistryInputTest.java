package dev.riffle.jobs.sequence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.riffle.jobs.registry.FakeClock;
import dev.riffle.jobs.registry.RegistryAccess;
import dev.riffle.jobs.registry.SecretReference;
import dev.riffle.jobs.registry.StubRegistry;
import dev.riffle.jobs.registry.StubRegistry.Answer;
import dev.riffle.jobs.stream.InputLimits;
import dev.riffle.jobs.stream.InputRecord;
import dev.riffle.jobs.stream.UnavailableException;
import dev.riffle.models.InputException;
import dev.riffle.operators.StepEvent;
import dev.riffle.schemas.AvroCodec;
import dev.riffle.schemas.record.DeadLetter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Avro records whose writers' schemas are in a registry. */
class RegistryInputTest {
  /** The schema as which all records are read. */
  private static final String READER =
      record(
          "{\"name\":\"x\",\"type\":\"double\",\"aliases\":[\"old_x\"]}",
          "{\"name\":\"n\",\"type\":\"long\"}",
          "{\"name\":\"added\",\"type\":\"int\",\"default\":-3}");

  private static final String X = "{\"name\":\"x\",\"type\":\"double\"}";
  private static final String N = "{\"name\":\"n\",\"type\":\"int\"}";
  private static final EventFields FIELDS =
      new EventFields(
          null,
          KeyEncoding.UTF_8,
          List.of("x", "n", "added"),
          0,
          null,
          null,
          null,
          null,
          null,
          null,
          null);

  @TempDir Path dir;

  private final StubRegistry registry = new StubRegistry();
  private final FakeClock clock = new FakeClock();
  private final AvroInput input =
      new AvroInput(RecordFormat.registered(READER, registry.access()), clock.retries());

  @AfterEach
  void close() {
    registry.close();
  }

  private static String record(String... fields) {
    return "{\"type\":\"record\",\"name\":\"R\",\"fields\":[" + String.join(",", fields) + "]}";
  }

  private static byte[] encode(int id, String schema, Map<String, Object> values) {
    GenericRecord record = new GenericData.Record(new Schema.Parser().parse(schema));
    values.forEach(record::put);
    try {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      out.write(ByteBuffer.allocate(5).put((byte) 0).putInt(id).array());
      BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(out, null);
      new GenericDatumWriter<>(record.getSchema()).write(record, encoder);
      encoder.flush();
      return out.toByteArray();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte[] header(int id, int... body) {
    ByteBuffer value = ByteBuffer.allocate(5 + body.length).put((byte) 0).putInt(id);
    for (int b : body) {
      value.put((byte) b);
    }
    return value.array();
  }

  private String refused(byte[] value) {
    String message = assertThrows(InputException.class, () -> input.read(value)).getMessage();
    assertThat(message).hasSizeLessThan(900);
    return message;
  }

  private List<Object> values(byte[] value) {
    GenericRecord read = (GenericRecord) input.read(value);
    return List.of(read.get("x"), read.get("n"), read.get("added"));
  }

  // ---- evolution ----

  @Test
  void recordsOfSeveralWritersAreReadAsTheReadersSchema() {
    String renamed = record("{\"name\":\"old_x\",\"type\":\"double\"}", N);
    String promoted = record("{\"name\":\"x\",\"type\":\"float\"}", N);
    String more = record("{\"name\":\"gone\",\"type\":[\"null\",\"string\"]}", N, X);
    registry.register(1, record(X, N)); // before "added" was added
    registry.register(2, renamed);
    registry.register(3, promoted);
    registry.register(4, more);
    registry.register(70_000, READER);
    for (int round = 0; round < 3; round++) {
      assertThat(values(encode(1, record(X, N), Map.of("x", 1.5, "n", 2))))
          .containsExactly(1.5, 2L, -3);
      assertThat(values(encode(2, renamed, Map.of("old_x", -4.0, "n", 5))))
          .containsExactly(-4.0, 5L, -3);
      assertThat(values(encode(3, promoted, Map.of("x", 0.5f, "n", 1 << 30))))
          .containsExactly(0.5, 1L << 30, -3);
      assertThat(values(encode(4, more, Map.of("gone", "text", "x", 6.0, "n", 7))))
          .containsExactly(6.0, 7L, -3);
      assertThat(values(encode(70_000, READER, Map.of("x", 8.0, "n", 1L << 40, "added", 9))))
          .containsExactly(8.0, 1L << 40, 9);
    }
    assertThat(registry.requests()).as("one request for each id").hasSize(5);
  }

  @Test
  void whatTheSchemaDoesNotExplainIsADeadLetter() {
    registry.register(1, record(X, N));
    byte[] whole = encode(1, record(X, N), Map.of("x", 1.5, "n", 2));
    for (int more : new int[] {1, 3, 100}) {
      assertThat(refused(Arrays.copyOf(whole, whole.length + more)))
          .contains(
              "Expected one record but " + more + " bytes follow it: a schema other than that")
          .contains("with id 1 of the registry " + registry.url() + " wrote it.");
    }
    for (int fewer : new int[] {1, 4, 8}) {
      assertThat(refused(Arrays.copyOf(whole, whole.length - fewer)))
          .contains("cannot be read as that")
          .contains("a schema other than that with id 1 of the registry " + registry.url());
    }
    for (String hex : List.of("00", "00000000", "01000000010203", "7b22613a317d")) {
      assertThat(refused(HexFormat.of().parseHex(hex)))
          .contains("Expected a zero byte and a schema id of 4 bytes")
          .contains("name source.writer-schema instead of source.registry");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {"name":"x","type":"string"}                                | at /fields/0/type
          {"name":"y","type":"double"}                                | x at /fields/0
          {"name":"x","type":["null","double"]}                       | at /fields/0/type
          """)
  void anIncompatibleSchemaIsADeadLetterThatNamesThePlaces(String field, String place) {
    String writer = record(field, N);
    registry.register(5, writer);
    for (int i = 0; i < 3; i++) {
      assertThat(refused(header(5, 0, 0, 0)))
          .startsWith(
              "Expected a record that can be read as source.schema, but schema id 5 of the registry "
                  + registry.url()
                  + " cannot. Avro reports: ")
          .contains(place)
          .contains("needs a default");
    }
    assertThat(registry.requests()).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"null\"",
        "{\"type\":\"fixed\",\"name\":\"Z\",\"size\":0}",
        "{\"type\":\"record\",\"name\":\"Z\",\"fields\":[]}",
        "{\"type\":\"record\",\"name\":\"Z\",\"fields\":[{\"name\":\"z\",\"type\":\"Z\"}]}"
      })
  void aSchemaWithArraysOfNothingIsADeadLetter(String items) {
    String array = "{\"name\":\"gone\",\"type\":{\"type\":\"array\",\"items\":" + items + "}}";
    registry.register(6, record(array, X, N));
    assertThat(refused(header(6, 2, 2)))
        .contains("Expected a schema without arrays of items that take no bytes, such as null, but")
        .contains("schema id 6 of the registry " + registry.url());
  }

  /** Reading one such record without bytes would take 2^40 steps. */
  @Test
  void aSchemaOfRecordsInRecordsIsADeadLetter() {
    StringBuilder type = new StringBuilder("{\"type\":\"record\",\"name\":\"Z0\",\"fields\":[]}");
    for (int i = 1; i <= 40; i++) {
      type.insert(
              0,
              "{\"type\":\"record\",\"name\":\"Z" + i + "\",\"fields\":[{\"name\":\"a\",\"type\":")
          .append("},{\"name\":\"b\",\"type\":\"Z" + (i - 1) + "\"}]}");
    }
    registry.register(6, record("{\"name\":\"gone\",\"type\":" + type + "}", X, N));
    assertThat(refused(header(6, 2, 2)))
        .contains("Expected a schema whose records contain at most 10000 parts that take no bytes");
    registry.register(
        7, record("{\"name\":\"gone\",\"type\":\"R\"}", X, N)); // contains itself without end
    assertThat(refused(header(7, 2, 2))).contains("at most 10000 parts that take no bytes");
  }

  @Test
  void aSchemaThatIsNoRecordIsADeadLetter() {
    registry.register(1, "\"string\"");
    assertThat(refused(header(1, 2, 65))).contains("the schema of a record, not of type STRING");
  }

  // ---- ids that the registry lacks ----

  @Test
  void anUnknownIdIsADeadLetterAndIsNotAskedForAgainAtOnce() {
    for (int i = 0; i < 100; i++) {
      assertThat(refused(header(9, 1)))
          .startsWith("Schema id 9 is not in the registry " + registry.url());
    }
    assertThat(registry.requests()).hasSize(1);
    registry.register(9, READER);
    clock.advance(WriterSchemas.MISSING_FOR.minusMillis(1));
    assertThat(refused(header(9, 1))).contains("Schema id 9");
    clock.advance(Duration.ofMillis(2));
    assertThat(values(encode(9, READER, Map.of("x", 8.0, "n", 2L, "added", 9))))
        .containsExactly(8.0, 2L, 9);
    assertThat(registry.requests()).hasSize(2);
  }

  @Test
  void manyIdsTakeLimitedMemoryAndDoNotDisplaceTheOneInUse() {
    registry.register(1, READER);
    byte[] good = encode(1, READER, Map.of("x", 8.0, "n", 2L, "added", 9));
    values(good);
    refused(header(2));
    for (int id = 1; id <= WriterSchemas.MAX_IDS; id++) {
      values(good);
      refused(header(-id)); // remembered, too
    }
    values(good);
    assertThat(registry.requests()).containsExactly("/schemas/ids/1", "/schemas/ids/2");
    refused(header(2)); // was forgotten
    assertThat(registry.requests()).hasSize(3).endsWith("/schemas/ids/2");
  }

  // ---- the registry is away ----

  @ParameterizedTest
  @ValueSource(ints = {500, 503, 401, 403, 302, 410})
  void aRecordIsNoDeadLetterBecauseTheRegistryIsUnwell(int status) {
    registry.register(1, READER);
    byte[] good = encode(1, READER, Map.of("x", 8.0, "n", 2L, "added", 9));
    registry.answer("/schemas/ids/2", new Answer(status));
    assertThatThrownBy(() -> input.read(header(2, 1)))
        .isInstanceOf(UnavailableException.class)
        .hasNoCause()
        .hasMessageStartingWith(
            "A record with schema id 2 cannot be decoded now. The schema registry")
        .hasMessageContaining(registry.url())
        .hasMessageContaining("" + status)
        .hasMessageEndingWith("The record is not lost: the job restarts and reads it again.");
    assertThat(values(good)).containsExactly(8.0, 2L, 9);
    registry.answer("/schemas/ids/2", new Answer(404));
    assertThat(refused(header(2, 1))).startsWith("Schema id 2 is not in the registry");
  }

  @Test
  void theSourcePassesItOnAndNoDeadLetterIsMade() throws IOException {
    Path login = Files.writeString(dir.resolve("login"), "me:secret");
    SecretReference reference = new SecretReference(SecretReference.Kind.FILE, login.toString());
    SequenceInput source =
        new SequenceInput(
            RecordFormat.registered(READER, new RegistryAccess(registry.url(), reference)),
            FIELDS,
            new InputLimits(4096, 2048, Duration.ofDays(1)));
    byte[] good = encode(1, READER, Map.of("x", 8.0, "n", 2L, "added", 9));
    registry.register(1, READER);
    registry.next(new Answer(401, "me:secret", Map.of()));
    assertThatThrownBy(() -> source.read(record(good)))
        .isInstanceOf(UnavailableException.class)
        .hasMessageContaining("does not accept the credentials in ${file:" + login + "}")
        .hasMessageNotContaining("secret");
    StepEvent event = source.read(record(good)).event;
    assertThat(event.values).containsExactly(8, 2, 9);
    assertThat(registry.authorizations()).containsOnly("Basic bWU6c2VjcmV0");
    InputRecord dead = source.read(record(header(3)));
    assertThat(AvroCodec.of(DeadLetter.class).decode(dead.deadLetter.value).getError())
        .startsWith("Schema id 3 is not in the registry")
        .doesNotContain("secret");
  }

  private static ConsumerRecord<byte[], byte[]> record(byte[] value) {
    return new ConsumerRecord<>(
        "topic",
        3,
        7,
        1_700_000_000_000L,
        TimestampType.CREATE_TIME,
        0,
        0,
        "key".getBytes(StandardCharsets.UTF_8),
        value,
        new RecordHeaders(),
        Optional.empty());
  }
}
