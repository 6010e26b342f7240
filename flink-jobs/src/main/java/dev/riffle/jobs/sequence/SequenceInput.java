package dev.riffle.jobs.sequence;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.riffle.jobs.registry.Retries;
import dev.riffle.jobs.stream.EventInput;
import dev.riffle.jobs.stream.InputLimits;
import dev.riffle.models.Format;
import dev.riffle.models.InputException;
import dev.riffle.operators.StepEvent;
import dev.riffle.schemas.AvroCodec;
import dev.riffle.schemas.record.SequenceEvent;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** Decodes feature vectors or tokens from records of three formats. */
final class SequenceInput extends EventInput {
  private static final long serialVersionUID = 1;

  private final RecordFormat records;
  private final EventFields fields;
  private transient AvroCodec<SequenceEvent> codec;
  private transient FieldReader reader;
  private transient ObjectReader json;
  private transient AvroInput avro;

  /**
   * @param records format of the records
   * @param fields which field contains what; null for Riffle's own records
   * @param limits of the records
   */
  SequenceInput(RecordFormat records, EventFields fields, InputLimits limits) {
    super(limits);
    this.records = records;
    this.fields = fields;
  }

  @Override
  protected StepEvent event(ConsumerRecord<byte[], byte[]> record) {
    if (records.kind() == RecordFormat.Kind.RIFFLE) {
      return riffleEvent(record);
    }
    if (reader == null) {
      open();
    }
    byte[] value = record.value();
    if (value == null || value.length == 0) {
      throw new InputException("Expected a record but the value is empty.");
    }
    return userEvent(
        records.kind() == RecordFormat.Kind.JSON ? json(value) : avro.read(value), record);
  }

  private void open() {
    if (records.kind() == RecordFormat.Kind.JSON) {
      json =
          JsonMapper.builder()
              .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
              .build()
              .readerFor(new TypeReference<Map<String, Object>>() {});
    } else {
      avro = new AvroInput(records, Retries.RUNNING);
    }
    reader = new FieldReader(fields);
  }

  // ---- records of the user ----

  private StepEvent userEvent(Object value, ConsumerRecord<byte[], byte[]> record) {
    StepEvent event = reader.event(value);
    event.sequenceId = fields.key() == null ? keyOf(record) : reader.id(value);
    checkId(event.sequenceId);
    event.position = reader.position(value);
    if (event.position != StepEvent.NEXT) {
      checkPosition(event.position);
    }
    Instant time = fields.time() == null ? timestamp(record) : reader.time(value);
    event.captureMicros = checkCaptureTime(time, record);
    return event;
  }

  private static Instant timestamp(ConsumerRecord<byte[], byte[]> record) {
    if (record.timestamp() < 0) {
      throw new InputException(
          "Expected a Kafka timestamp, which is the capture time, but it is missing. Let the"
              + " producer set it, or name a field as fields.time.");
    }
    return Instant.ofEpochMilli(record.timestamp());
  }

  @Override
  protected Optional<String> idOf(byte[] key) {
    return fields == null ? super.idOf(key) : fields.keyEncoding().id(key);
  }

  private String keyOf(ConsumerRecord<byte[], byte[]> record) {
    if (record.key() == null) {
      throw new InputException(
          "Expected a Kafka key, which identifies the sequence, but it is missing. Let the producer"
              + " write a key, or name a field as fields.key.");
    }
    return fields.keyEncoding().require(record.key());
  }

  private Object json(byte[] value) {
    try {
      Object read = json.readValue(value);
      if (read == null) {
        throw new InputException("Expected a JSON object but found null.");
      }
      return read;
    } catch (JacksonException e) {
      throw new InputException(
          "Expected a JSON object but the value cannot be read as one: "
              + shortened(e.getOriginalMessage()),
          e);
    } catch (IOException e) {
      throw new InputException("The value cannot be read: " + e, e);
    }
  }

  // ---- records of Riffle ----

  private StepEvent riffleEvent(ConsumerRecord<byte[], byte[]> record) {
    if (codec == null) {
      codec = AvroCodec.of(SequenceEvent.class);
    }
    SequenceEvent read = codec.decode(record.value());
    checkId(read.getSequenceId(), record.key());
    checkPosition(read.getPosition());
    StepEvent event = new StepEvent();
    event.sequenceId = read.getSequenceId();
    event.start = read.getSequenceStart();
    event.end = read.getSequenceEnd();
    event.position = read.getPosition();
    event.captureMicros = checkCaptureTime(read.getCaptureTime(), record);
    Step step = Step.of(read);
    event.format = new Format(0, step.width);
    event.values = values(read, step);
    if (event.values.length == 0 && !event.end) {
      throw new InputException(
          "Expected steps but there are none; only an event with sequence_end may be empty.");
    }
    return event;
  }

  /** Shape of a {@code SequenceEvent}'s values. */
  private record Step(int steps, int width) {
    static Step of(SequenceEvent event) {
      int bytes =
          switch (event.getKind()) {
            case "f32le", "i32le" -> 4;
            case "u8" -> 1;
            default ->
                throw new InputException(
                    "Expected kind f32le, i32le or u8 but it is '"
                        + shortened(event.getKind())
                        + "'.");
          };
      List<Integer> shape = event.getShape();
      int rank = event.getKind().equals("f32le") ? 2 : 1;
      if (shape.size() != rank || shape.get(0) < 0 || shape.get(rank - 1) < rank - 1) {
        throw new InputException(
            "Expected the shape "
                + (rank == 2 ? "[steps, width] of features" : "[steps] of tokens")
                + " but it is "
                + shape
                + ".");
      }
      int width = rank == 2 ? shape.get(1) : 1;
      long expectedBytes = (long) shape.get(0) * width * bytes;
      if (expectedBytes != event.getValues().remaining()) {
        throw new InputException(
            "Expected "
                + expectedBytes
                + " bytes for the shape "
                + shape
                + " of "
                + event.getKind()
                + " but there are "
                + event.getValues().remaining()
                + ".");
      }
      return new Step(shape.get(0), width);
    }
  }

  private static float[] values(SequenceEvent event, Step step) {
    ByteBuffer from = event.getValues().duplicate().order(ByteOrder.LITTLE_ENDIAN);
    float[] values = new float[step.steps * step.width];
    switch (event.getKind()) {
      case "f32le" -> from.asFloatBuffer().get(values);
      case "i32le" -> {
        for (int i = 0; i < values.length; i++) {
          int token = from.getInt();
          if (token < 0 || token > FieldReader.MAX_TOKEN) {
            throw new InputException(
                "Expected tokens from 0 to "
                    + FieldReader.MAX_TOKEN
                    + " but the one at index "
                    + i
                    + " is "
                    + token
                    + ".");
          }
          values[i] = token;
        }
      }
      default -> {
        for (int i = 0; i < values.length; i++) {
          values[i] = from.get() & 0xff;
        }
      }
    }
    return checkFinite(values, "values");
  }
}
