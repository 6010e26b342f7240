package dev.riffle.jobs.sequence;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.riffle.models.PredictionValues;
import dev.riffle.operators.EmittedPrediction;
import dev.riffle.operators.OutputMapper;
import dev.riffle.operators.OutputRecord;
import dev.riffle.schemas.AvroCodec;
import dev.riffle.schemas.record.Prediction;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/** Turns scores into {@code Prediction} records, in Avro or as JSON with the same fields. */
final class PredictionMapper implements OutputMapper<PredictionValues> {
  private static final long serialVersionUID = 1;

  private final boolean json;
  private transient AvroCodec<Prediction> codec;
  private transient ObjectMapper mapper;

  /**
   * @param json true for JSON
   */
  PredictionMapper(boolean json) {
    this.json = json;
  }

  @Override
  public Optional<OutputRecord> toFinal(EmittedPrediction<PredictionValues> emitted) {
    return Optional.of(record(emitted, true));
  }

  @Override
  public Optional<OutputRecord> toPreview(EmittedPrediction<PredictionValues> emitted) {
    return Optional.of(record(emitted, false));
  }

  @Override
  public Optional<Steps> covered(EmittedPrediction<PredictionValues> emitted) {
    long from = position(emitted);
    return Optional.of(new Steps(from, from + emitted.prediction().value().steps()));
  }

  private OutputRecord record(EmittedPrediction<PredictionValues> emitted, boolean isFinal) {
    byte[] value = json ? json(emitted, isFinal) : avro(emitted, isFinal);
    return new OutputRecord(
        emitted.sequenceId(), value, Math.floorDiv(emitted.eventMicros(), 1000L));
  }

  /** The first step that the prediction is about, counted from position 0 of the sequence. */
  private static long position(EmittedPrediction<PredictionValues> emitted) {
    return emitted.sessionStart() + emitted.prediction().value().first();
  }

  private byte[] avro(EmittedPrediction<PredictionValues> emitted, boolean isFinal) {
    if (codec == null) {
      codec = AvroCodec.of(Prediction.class);
    }
    PredictionValues scores = emitted.prediction().value();
    ByteBuffer values =
        ByteBuffer.allocate(Float.BYTES * scores.values().length).order(ByteOrder.LITTLE_ENDIAN);
    values.asFloatBuffer().put(scores.values());
    return codec.encode(
        Prediction.newBuilder()
            .setSequenceId(emitted.sequenceId())
            .setPosition(position(emitted))
            .setLength(scores.steps())
            .setShape(Arrays.stream(scores.shape()).boxed().toList())
            .setValues(values)
            .setModelVersion(emitted.modelVersion())
            .setIsFinal(isFinal)
            .build());
  }

  private byte[] json(EmittedPrediction<PredictionValues> emitted, boolean isFinal) {
    if (mapper == null) {
      mapper = new ObjectMapper();
    }
    PredictionValues scores = emitted.prediction().value();
    ObjectNode node = mapper.createObjectNode();
    node.put("sequence_id", emitted.sequenceId());
    node.put("position", position(emitted)).put("length", scores.steps());
    ArrayNode shape = node.putArray("shape");
    for (int size : scores.shape()) {
      shape.add(size);
    }
    ArrayNode values = node.putArray("values");
    for (float value : scores.values()) {
      values.add(value);
    }
    node.put("model_version", emitted.modelVersion()).put("is_final", isFinal);
    try {
      return mapper.writeValueAsString(node).getBytes(StandardCharsets.UTF_8);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("Numbers and text are always JSON", e);
    }
  }
}
