package dev.riffle.jobs.sequence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.riffle.jobs.stream.InputLimits;
import dev.riffle.jobs.stream.InputRecord;
import dev.riffle.models.Format;
import dev.riffle.operators.StepEvent;
import dev.riffle.schemas.AvroCodec;
import dev.riffle.schemas.record.DeadLetter;
import dev.riffle.schemas.record.SequenceEvent;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SequenceInputTest {
  private static final long STAMP = 1_700_000_000_000L;
  private static final RecordFormat JSON = new RecordFormat(RecordFormat.Kind.JSON, null, false);
  private static final EventFields COLUMNS = fields(List.of("x", "in.y"), 0, null);
  private static final EventFields ARRAY = fields(List.of("v"), 2, null);
  private static final EventFields TOKEN = fields(List.of(), 0, "t");

  private static EventFields fields(List<String> features, int width, String token) {
    return fields(features, width, token, null);
  }

  private static EventFields fields(
      List<String> features, int width, String token, Alphabet alphabet) {
    return new EventFields(
        null,
        KeyEncoding.UTF_8,
        features,
        width,
        token,
        alphabet,
        null,
        null,
        null,
        "first",
        "last");
  }

  private static EventFields bases(String other, boolean ignoreCase) {
    return fields(List.of(), 0, "t", new Alphabet("NACGT", other, ignoreCase));
  }

  private static EventFields full(String time, TimeUnit unit) {
    return new EventFields(
        "id", KeyEncoding.UTF_8, List.of("x"), 0, null, null, "n", time, unit, null, null);
  }

  // ---- JSON ----

  @Test
  void aStepIsTakenFromFieldsOfAnyDepth() {
    StepEvent event = read(COLUMNS, "{\"x\": 1, \"in\": {\"y\": -2.5e-1}, \"other\": [null]}");
    assertThat(event.values).containsExactly(1, -0.25f);
    assertThat(event.format).isEqualTo(new Format(0, 2));
    assertThat(event.sequenceId).isEqualTo("key");
    assertThat(event.position).isEqualTo(StepEvent.NEXT);
    assertThat(event.captureMicros).isEqualTo(STAMP * 1000);
    assertThat(event.start).isFalse();
    assertThat(event.end).isFalse();
    assertThat(event.origin.offset()).isEqualTo(7);
  }

  @Test
  void anArrayIsAStepAndAnArrayOfArraysIsSeveral() {
    assertThat(read(ARRAY, "{\"v\": [1, 2]}").steps()).isEqualTo(1);
    StepEvent two = read(ARRAY, "{\"v\": [[1, 2], [3, 4]], \"first\": true}");
    assertThat(two.values).containsExactly(1, 2, 3, 4);
    assertThat(two.start).isTrue();
  }

  @Test
  void tokensComeAloneOrSeveral() {
    assertThat(read(TOKEN, "{\"t\": 5}").values).containsExactly(5);
    StepEvent event = read(TOKEN, "{\"t\": [0, 16777216], \"first\": null}");
    assertThat(event.values).containsExactly(0, 16777216);
    assertThat(event.format).isEqualTo(new Format(0, 1));
  }

  @Test
  void charactersAreTokensByTheirPlaceInTheAlphabet() {
    StepEvent event = read(bases(null, false), "{\"t\": \"GATNACA\", \"last\": true}");
    assertThat(event.values).containsExactly(3, 1, 4, 0, 1, 2, 1);
    assertThat(event.format).isEqualTo(new Format(0, 1));
    assertThat(read(bases("N", true), "{\"t\": \"acgRn-\u00e4T\"}").values)
        .containsExactly(1, 2, 3, 0, 0, 0, 0, 4);
    assertThat(read(bases("N", false), "{\"t\": \" GA\\r\\n\\tT \"}").values)
        .containsExactly(3, 1, 4);
    assertThat(read(bases("T", false), "{\"t\": \"uAa\"}").values).containsExactly(4, 1, 4);
    assertThat(read(bases(null, false), "{\"t\": \"\", \"last\": true}").steps()).isZero();
  }

  @Test
  void whatIsNotInTheAlphabetIsADeadLetter() {
    assertThat(refused(JSON, bases(null, false), "{\"t\": \"GATTaCA\"}"))
        .contains("Expected letters of NACGT in 't' but found U+0061 at index 4")
        .contains("fields.alphabet.other");
    assertThat(refused(JSON, bases(null, true), "{\"t\": \"a\u00e4\"}"))
        .contains("found U+00E4 at index 1");
    assertThat(refused(JSON, bases("N", false), "{\"t\": [1, 2]}"))
        .contains("Expected text or bytes in 't' but it is '[1, 2]'");
    assertThat(refused(JSON, bases("N", false), "{\"t\": \"\"}"))
        .contains("Expected a letter in 't' but it is ''");
    assertThat(refused(JSON, bases("N", false), "{\"t\": \" \"}")).contains("Expected a letter");
    assertThat(refused(JSON, bases("N", false), "{}")).contains("but it is missing");
  }

  @Test
  void theLastRecordMayBringNothing() {
    for (EventFields fields : List.of(COLUMNS, ARRAY, TOKEN, bases(null, false))) {
      StepEvent event = read(fields, "{\"last\": true}");
      assertThat(event.end).isTrue();
      assertThat(event.steps()).isZero();
      assertThat(event.format.width()).isEqualTo(fields.stepWidth());
    }
    assertThat(read(ARRAY, "{\"v\": [], \"last\": true}").steps()).isZero();
  }

  @ParameterizedTest
  @CsvSource({
    "1700000000, SECONDS, 1700000000000000",
    "1700000000.25, SECONDS, 1700000000250000",
    "1700000000123, MILLISECONDS, 1700000000123000",
    "1700000000123456, MICROSECONDS, 1700000000123456",
    "1700000000123456789, NANOSECONDS, 1700000000123456",
    "1500, MILLISECONDS, 1500000",
    "0, NANOSECONDS, 0",
    "\"2023-11-14T22:13:20.5Z\", , 1700000000500000"
  })
  void keyPositionAndTimeMayBeFields(String time, TimeUnit unit, long micros) {
    StepEvent event =
        read(full("at", unit), "{\"id\": 12, \"n\": 9, \"x\": 0, \"at\": " + time + "}");
    assertThat(event.sequenceId).isEqualTo("12");
    assertThat(event.position).isEqualTo(9);
    assertThat(event.captureMicros).isEqualTo(micros);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {"x": 1}                          | Expected a number in 'in.y' but it is missing. Correct the producer
          {"x": "1", "in": {"y": 1}}        | Expected a number in 'x' but it is '1'
          {"x": 1e39, "in": {"y": 1}}       | Expected a finite number of 32 bits in 'x' but it is '1.0E39'
          {"x": NaN, "in": {"y": 1}}        | Expected a JSON object but the value cannot be read as one
          {"x": 1, "in": {"y": 1}, "last": 1} | Expected true or false in 'last' but it is '1'
          {"x": 1, "in": {"y": 1}} {}       | cannot be read as one
          [1, 2]                            | cannot be read as one
          null                              | Expected a JSON object but found null
          ``                                | Expected a record but the value is empty
          """)
  void whatJsonCannotMeanIsADeadLetter(String value, String error) {
    assertThat(refused(JSON, COLUMNS, value)).contains(error);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {}                 | Expected an array of 2 numbers in 'v' but it is missing
          {"v": 1}           | Expected an array of 2 numbers in 'v' but it is '1'
          {"v": []}          | Expected an array of 2 numbers in 'v' but it is '[]'
          {"v": [1]}         | Expected 2 numbers in 'v' but there are 1. Send complete steps
          {"v": [[1,2],[3]]} | Expected 2 numbers in 'v' but there are 1 in step 1
          {"v": [[1,2],3]}   | Expected 2 numbers in 'v' but there are none in step 1
          {"v": [1,null]}    | Expected a number in 'v' but it is missing
          """)
  void anArrayOfAnotherShapeIsADeadLetter(String value, String error) {
    assertThat(refused(JSON, ARRAY, value)).contains(error);
  }

  @Test
  void whatIsNoTokenIsADeadLetter() {
    for (String token : List.of("-1", "1.5", "16777217", "\"a\"", "12345678901234567890")) {
      assertThat(refused(JSON, TOKEN, "{\"t\": [" + token + "]}"))
          .contains("Expected a token from 0 to 16777216 in 't' but it is");
    }
    assertThat(refused(JSON, TOKEN, "{\"t\": []}")).contains("Expected a token in 't'");
  }

  @Test
  void keyPositionAndTimeAreChecked() {
    EventFields fields = full("at", TimeUnit.MILLISECONDS);
    String good = "{\"id\": \"a\", \"n\": 9, \"x\": 0, \"at\": 5}";
    assertThat(read(fields, good).position).isEqualTo(9);
    assertThat(refused(JSON, fields, good.replace("9", "-1"))).contains("Expected position from 0");
    assertThat(refused(JSON, fields, good.replace("9", "1.5"))).contains("whole number in 'n'");
    assertThat(refused(JSON, fields, good.replace("5}", "\"5\"}")))
        .contains("of milliseconds in 'at'");
    assertThat(refused(JSON, fields, good.replace("5}", STAMP * 1000 + "}")))
        .contains("in 'at' but it is 1700000000000000 ms since 1970. The number is likely in us");
    long ahead = STAMP + Duration.ofDays(2).toMillis();
    assertThat(refused(JSON, fields, good.replace("5}", ahead + "}")))
        .contains("Expected capture_time at most 86400000 ms after");
    assertThat(refused(JSON, fields, good.replace("\"a\"", "\"\""))).contains("1 to 1024 bytes");
    assertThat(refused(JSON, fields, good.replace("\"a\"", "true")))
        .contains("text or a whole number in 'id'");
    assertThat(refused(JSON, full("at", null), good)).contains("a time such as 2026-");
    InputRecord keyless = input(JSON, ARRAY).read(record(null, bytes("{\"v\": [1, 2]}")));
    assertThat(error(keyless)).contains("Expected a Kafka key").contains("fields.key");
  }

  @Test
  void aDeadLetterCarriesTheRecordAndItsCoordinates() {
    InputRecord inbound = input(JSON, ARRAY).read(record(bytes("key"), bytes("{}")));
    assertThat(inbound.event).isNull();
    DeadLetter letter = AvroCodec.of(DeadLetter.class).decode(inbound.deadLetter.value);
    assertThat(letter.getSourceTopic()).isEqualTo("topic");
    assertThat(letter.getSourcePartition()).isEqualTo(3);
    assertThat(letter.getSourceOffset()).isEqualTo(7);
    assertThat(letter.getPayload()).isEqualTo(ByteBuffer.wrap(bytes("{}")));
    assertThat(letter.getSequenceId()).isEqualTo("key");
  }

  // ---- Avro ----

  private static final Schema SCHEMA =
      new Schema.Parser()
          .parse(
              """
              {"type": "record", "name": "R", "fields": [
                {"name": "v", "type": {"type": "array", "items": "double"}},
                {"name": "last", "type": ["null", "boolean"], "default": null}]}
              """);

  @Test
  void bytesAndTextOfAvroAreReadByAnAlphabet() throws Exception {
    Schema schema =
        new Schema.Parser()
            .parse(
                """
                {"type": "record", "name": "Read", "fields": [
                  {"name": "t", "type": ["bytes", "string"]}]}
                """);
    RecordFormat format = new RecordFormat(RecordFormat.Kind.AVRO, schema.toString(), false);
    for (Object letters : List.of(ByteBuffer.wrap(bytes("GAT")), "GAT")) {
      GenericRecord record = new GenericData.Record(schema);
      record.put("t", letters);
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(out, null);
      new GenericDatumWriter<>(schema).write(record, encoder);
      encoder.flush();
      InputRecord inbound =
          input(format, bases(null, false)).read(record(bytes("key"), out.toByteArray()));
      assertThat(inbound.event.values).containsExactly(3, 1, 4);
    }
  }

  @Test
  void recordsOfAnotherSchemaAreReadWithAndWithoutAHeader() throws Exception {
    GenericRecord record = new GenericData.Record(SCHEMA);
    record.put("v", List.of(1.5, -2.0));
    record.put("last", true);
    for (boolean header : new boolean[] {false, true}) {
      RecordFormat format = new RecordFormat(RecordFormat.Kind.AVRO, SCHEMA.toString(), header);
      byte[] value = encode(record, header);
      StepEvent event = input(format, ARRAY).read(record(bytes("key"), value)).event;
      assertThat(event.values).containsExactly(1.5f, -2);
      assertThat(event.end).isTrue();
      RecordFormat other = new RecordFormat(RecordFormat.Kind.AVRO, SCHEMA.toString(), !header);
      assertThat(error(input(other, ARRAY).read(record(bytes("key"), value))))
          .contains("confluent-header");
    }
    RecordFormat format = new RecordFormat(RecordFormat.Kind.AVRO, SCHEMA.toString(), false);
    byte[] whole = encode(record, false);
    byte[] cut = java.util.Arrays.copyOf(whole, whole.length - 4);
    assertThat(error(input(format, ARRAY).read(record(bytes("key"), cut))))
        .contains("cannot be read as that");
  }

  @Test
  void recordsOfTheWritersSchemaAreReadAsTheReadersAndMakeNoDeadLetters() throws Exception {
    GenericRecord record = new GenericData.Record(SCHEMA);
    record.put("v", List.of(1.5, -2.0));
    record.put("last", true);
    byte[] value = encode(record, false);
    String v = "{\"name\": \"v\", \"type\": {\"type\": \"array\", \"items\": \"double\"}}";
    for (String fields :
        List.of(
            v + ", {\"name\": \"first\", \"type\": \"boolean\", \"default\": true}", // one more
            "{\"name\": \"first\", \"type\": \"boolean\", \"default\": true}, " + v, // in front
            "{\"name\": \"n\", \"type\": \"int\", \"default\": 3}, "
                + v.replace("\"v\"", "\"w\", \"aliases\": [\"v\"]"))) { // renamed
      String reader = "{\"type\": \"record\", \"name\": \"R\", \"fields\": [" + fields + "]}";
      EventFields wanted =
          fields.contains("aliases")
              ? fields(List.of("w"), 2, null)
              : fields(List.of("v"), 2, null);
      RecordFormat evolved =
          new RecordFormat(RecordFormat.Kind.AVRO, reader, SCHEMA.toString(), false);
      StepEvent event = input(evolved, wanted).read(record(bytes("key"), value)).event;
      assertThat(event.values).containsExactly(1.5f, -2);
      assertThat(event.start).isEqualTo(fields.contains("first"));
      assertThat(event.end).as("a field that only the writer has").isFalse();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 1000})
  void aRecordThatLeavesBytesOverIsADeadLetterThatNamesTheSchema(int over) throws Exception {
    GenericRecord record = new GenericData.Record(SCHEMA);
    record.put("v", List.of(1.5, -2.0));
    record.put("last", true);
    byte[] whole = encode(record, false);
    byte[] more = java.util.Arrays.copyOf(whole, whole.length + over);
    for (String writer : new String[] {null, SCHEMA.toString()}) {
      RecordFormat format =
          new RecordFormat(RecordFormat.Kind.AVRO, SCHEMA.toString(), writer, false);
      assertThat(error(input(format, ARRAY).read(record(bytes("key"), more))))
          .contains("Expected one record but " + over + " byte")
          .contains(writer == null ? "than source.schema" : "than source.writer-schema");
    }
  }

  private static byte[] encode(GenericRecord record, boolean header) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(header ? new byte[] {0, 0, 0, 0, 42} : new byte[0]);
    BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(out, null);
    new GenericDatumWriter<>(record.getSchema()).write(record, encoder);
    encoder.flush();
    return out.toByteArray();
  }

  // ---- our own ----

  private static final RecordFormat RIFFLE =
      new RecordFormat(RecordFormat.Kind.RIFFLE, null, false);

  private static SequenceEvent ours(Consumer<SequenceEvent> change) {
    ByteBuffer values = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
    values.putFloat(1).putFloat(2).putFloat(3).putFloat(4).flip();
    SequenceEvent event =
        SequenceEvent.newBuilder()
            .setSequenceId("key")
            .setPosition(6)
            .setCaptureTime(Instant.ofEpochMilli(STAMP))
            .setShape(List.of(2, 2))
            .setValues(values)
            .build();
    change.accept(event);
    return event;
  }

  private static InputRecord readOurs(Consumer<SequenceEvent> change) {
    byte[] value = AvroCodec.of(SequenceEvent.class).encode(ours(change));
    return input(RIFFLE, null).read(record(bytes("key"), value));
  }

  @Test
  void ourOwnRecordsSayThemselvesWhatIsWhat() {
    StepEvent event = readOurs(e -> {}).event;
    assertThat(event.values).containsExactly(1, 2, 3, 4);
    assertThat(event.format).isEqualTo(new Format(0, 2));
    assertThat(event.position).isEqualTo(6);
    StepEvent small =
        readOurs(
                e -> {
                  e.setKind("u8");
                  e.setShape(List.of(3));
                  e.setValues(ByteBuffer.wrap(new byte[] {0, 7, (byte) 255}));
                })
            .event;
    assertThat(small.values).containsExactly(0, 7, 255);
    StepEvent tokens =
        readOurs(
                e -> {
                  e.setKind("i32le");
                  e.setShape(List.of(1));
                  e.setValues(ByteBuffer.wrap(new byte[] {1, 2, 0, 0}));
                })
            .event;
    assertThat(tokens.values).containsExactly(513);
  }

  @Test
  void ourOwnRecordsAreChecked() {
    assertThat(error(readOurs(e -> e.setKind("f64")))).contains("Expected kind f32le, i32le or u8");
    assertThat(error(readOurs(e -> e.setShape(List.of(4))))).contains("the shape [steps, width]");
    assertThat(error(readOurs(e -> e.setShape(List.of(4, 0))))).contains("but it is [4, 0]");
    assertThat(error(readOurs(e -> e.setShape(List.of(2, 3))))).contains("Expected 24 bytes");
    assertThat(error(readOurs(e -> e.setShape(List.of(Integer.MAX_VALUE, Integer.MAX_VALUE)))))
        .contains("but there are 16");
    assertThat(error(readOurs(e -> e.setSequenceId("other")))).contains("the Kafka key");
    assertThat(error(readOurs(e -> e.setPosition(-1)))).contains("Expected position");
    assertThat(
            error(
                readOurs(
                    e -> {
                      e.setShape(List.of(0, 2));
                      e.setValues(ByteBuffer.allocate(0));
                    })))
        .contains("Expected steps but there are none");
    assertThat(
            error(
                readOurs(
                    e -> {
                      e.setKind("i32le");
                      e.setShape(List.of(1));
                      e.setValues(ByteBuffer.wrap(new byte[] {0, 0, 0, -1}));
                    })))
        .contains("tokens from 0 to 16777216 but the one at index 0 is -16777216");
    ByteBuffer nan = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
    nan.putFloat(4, Float.NaN);
    assertThat(error(readOurs(e -> e.setValues(nan)))).contains("index 1 of 4 is NaN");
  }

  // ---- all ----

  private static SequenceInput input(RecordFormat format, EventFields fields) {
    return new SequenceInput(format, fields, new InputLimits(4096, 2048, Duration.ofDays(1)));
  }

  private static StepEvent read(EventFields fields, String json) {
    InputRecord inbound = input(JSON, fields).read(record(bytes("key"), bytes(json)));
    assertThat(inbound.deadLetter).as(() -> error(inbound)).isNull();
    return inbound.event;
  }

  private static String refused(RecordFormat format, EventFields fields, String value) {
    return error(
        input(format, fields).read(record(bytes("key"), value == null ? null : bytes(value))));
  }

  private static String error(InputRecord inbound) {
    assertThat(inbound.event).isNull();
    return AvroCodec.of(DeadLetter.class).decode(inbound.deadLetter.value).getError();
  }

  private static ConsumerRecord<byte[], byte[]> record(byte[] key, byte[] value) {
    return new ConsumerRecord<>(
        "topic",
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

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
