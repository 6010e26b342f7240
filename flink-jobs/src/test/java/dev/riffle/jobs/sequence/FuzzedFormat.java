package dev.riffle.jobs.sequence;

import dev.riffle.jobs.annotation.ReadInput;
import dev.riffle.jobs.stream.EventInput;
import dev.riffle.jobs.stream.InputLimits;
import dev.riffle.jobs.transcription.AudioInput;
import dev.riffle.schemas.AvroCodec;
import dev.riffle.schemas.record.AudioChunk;
import dev.riffle.schemas.record.ReadChunk;
import dev.riffle.schemas.record.SequenceEvent;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;

/** The input formats of all jobs: how each is decoded, and good records of it for one key. */
enum FuzzedFormat {
  AUDIO {
    @Override
    EventInput input() {
      return new AudioInput(LIMITS);
    }

    @Override
    byte[] record(String key, int index) {
      return AvroCodec.of(AudioChunk.class)
          .encode(
              AudioChunk.newBuilder()
                  .setSequenceId(key)
                  .setSequenceStart(index == 0)
                  .setPosition(64L * index)
                  .setCaptureTime(time(4L * index))
                  .setSampleRate(16_000)
                  .setSamples(ByteBuffer.wrap(new byte[128]))
                  .build());
    }
  },
  BASES {
    @Override
    EventInput input() {
      return ReadInput.ofBases(LIMITS);
    }

    @Override
    byte[] record(String key, int index) {
      return read(key, index);
    }
  },
  CALLS {
    @Override
    EventInput input() {
      return ReadInput.ofCalls(LIMITS);
    }

    @Override
    byte[] record(String key, int index) {
      return read(key, index);
    }
  },
  RIFFLE {
    @Override
    EventInput input() {
      return new SequenceInput(
          new RecordFormat(RecordFormat.Kind.RIFFLE, null, false), null, LIMITS);
    }

    @Override
    byte[] record(String key, int index) {
      ByteBuffer values = ByteBuffer.allocate(24).order(ByteOrder.LITTLE_ENDIAN);
      values.putFloat(1).putFloat(2).putFloat(3).putFloat(4).putFloat(5).putFloat(6).flip();
      return AvroCodec.of(SequenceEvent.class)
          .encode(
              SequenceEvent.newBuilder()
                  .setSequenceId(key)
                  .setSequenceStart(index == 0)
                  .setPosition(2L * index)
                  .setCaptureTime(time(index))
                  .setShape(List.of(2, 3))
                  .setValues(values)
                  .build());
    }
  },
  JSON {
    @Override
    EventInput input() {
      return new SequenceInput(
          new RecordFormat(RecordFormat.Kind.JSON, null, false), FIELDS, LIMITS);
    }

    @Override
    byte[] record(String key, int index) {
      return String.format(
              "{\"id\": \"%s\", \"n\": %d, \"at\": %d, \"v\": [[1, 2, 3], [4, 5, -6e-1]]}",
              key, 2 * index, START + index)
          .getBytes(StandardCharsets.UTF_8);
    }
  },
  LETTERS {
    @Override
    EventInput input() {
      EventFields fields =
          new EventFields(
              null,
              KeyEncoding.BYTES,
              List.of(),
              0,
              "t",
              new Alphabet("NACGT", "N", true),
              null,
              "at",
              null,
              "first",
              "last");
      return new SequenceInput(
          new RecordFormat(RecordFormat.Kind.JSON, null, false), fields, LIMITS);
    }

    @Override
    byte[] record(String key, int index) {
      return ("{\"t\": \"GATTACA\", \"at\": \"2023-11-14T22:13:20Z\", \"first\": " + (index == 0))
          .concat("}")
          .getBytes(StandardCharsets.UTF_8);
    }
  },
  AVRO {
    @Override
    EventInput input() {
      return new SequenceInput(
          new RecordFormat(RecordFormat.Kind.AVRO, SCHEMA.toString(), false), FIELDS, LIMITS);
    }

    @Override
    byte[] record(String key, int index) {
      return avro(key, index);
    }
  },
  CONFLUENT {
    @Override
    EventInput input() {
      return new SequenceInput(
          new RecordFormat(RecordFormat.Kind.AVRO, SCHEMA.toString(), true), FIELDS, LIMITS);
    }

    @Override
    byte[] record(String key, int index) {
      byte[] body = avro(key, index);
      return ByteBuffer.allocate(5 + body.length).put((byte) 0).putInt(7).put(body).array();
    }
  };

  static final long START = 1_700_000_000_000L;

  private static final InputLimits LIMITS = new InputLimits(65_536, 4096, Duration.ofDays(1));

  private static final EventFields FIELDS =
      new EventFields(
          "id",
          KeyEncoding.UTF_8,
          List.of("v"),
          3,
          null,
          null,
          "n",
          "at",
          TimeUnit.MILLISECONDS,
          null,
          null);

  /** Arrays, a map, bytes and a nested record of itself, so that every kind of value is damaged. */
  static final Schema SCHEMA =
      new Schema.Parser()
          .parse(
              """
              {"type": "record", "name": "R", "fields": [
                {"name": "id", "type": "string"},
                {"name": "n", "type": "long"},
                {"name": "at", "type": "long"},
                {"name": "v", "type": {"type": "array",
                    "items": {"type": "array", "items": "double"}}},
                {"name": "tags", "type": {"type": "map", "values": "string"}},
                {"name": "raw", "type": ["null", "bytes"]},
                {"name": "inner", "type": ["null", "R"]}]}
              """);

  /** A decoder as a job has it. */
  abstract EventInput input();

  /** Good record number {@code index} of a key. */
  abstract byte[] record(String key, int index);

  private static Instant time(long millis) {
    return Instant.ofEpochMilli(START + millis);
  }

  private static byte[] read(String key, int index) {
    byte[] bases = "ACGTRYACGTACGTNNACGTACGTACGTACGTACGTACGTAC".getBytes(StandardCharsets.US_ASCII);
    byte[] quality = "I".repeat(bases.length).getBytes(StandardCharsets.US_ASCII);
    return AvroCodec.of(ReadChunk.class)
        .encode(
            ReadChunk.newBuilder()
                .setSequenceId(key)
                .setSequenceStart(index == 0)
                .setPosition((long) bases.length * index)
                .setCaptureTime(time(index))
                .setBases(ByteBuffer.wrap(bases))
                .setQuality(ByteBuffer.wrap(quality))
                .setChannel(5)
                .setGeneticCode(11)
                .build());
  }

  private static byte[] avro(String key, int index) {
    GenericRecord inner = record(key, index, null);
    try {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(out, null);
      new GenericDatumWriter<>(SCHEMA).write(record(key, index, inner), encoder);
      encoder.flush();
      return out.toByteArray();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static GenericRecord record(String key, int index, GenericRecord inner) {
    GenericRecord record = new GenericData.Record(SCHEMA);
    record.put("id", key);
    record.put("n", 2L * index);
    record.put("at", START + index);
    record.put("v", new ArrayList<>(List.of(List.of(1.0, 2.0, 3.0), List.of(4.0, 5.0, 6.0))));
    record.put("tags", java.util.Map.of("a", "b", "c", "d"));
    record.put("raw", ByteBuffer.wrap(new byte[] {1, 2, 3}));
    record.put("inner", inner);
    return record;
  }
}
