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
  public OutputRecord toFinal(EmittedPrediction<PredictionValues> answer) {
    return outgoing(answer, true);
  }

  @Override
  public OutputRecord toPreview(EmittedPrediction<PredictionValues> answer) {
    return outgoing(answer, false);
  }

  private OutputRecord outgoing(EmittedPrediction<PredictionValues> answer, boolean isFinal) {
    byte[] value = json ? json(answer, isFinal) : avro(answer, isFinal);
    return new OutputRecord(answer.sequenceId(), value, Math.floorDiv(answer.eventMicros(), 1000L));
  }

  /** The first step that the answer speaks of, counted from position 0 of the sequence. */
  private static long position(EmittedPrediction<PredictionValues> answer) {
    return answer.sessionStart() + answer.output().value().first();
  }

  private byte[] avro(EmittedPrediction<PredictionValues> answer, boolean isFinal) {
    if (codec == null) {
      codec = AvroCodec.of(Prediction.class);
    }
    PredictionValues scores = answer.output().value();
    ByteBuffer values =
        ByteBuffer.allocate(Float.BYTES * scores.values().length).order(ByteOrder.LITTLE_ENDIAN);
    values.asFloatBuffer().put(scores.values());
    return codec.encode(
        Prediction.newBuilder()
            .setSequenceId(answer.sequenceId())
            .setPosition(position(answer))
            .setLength(scores.steps())
            .setShape(Arrays.stream(scores.shape()).boxed().toList())
            .setValues(values)
            .setModelVersion(answer.modelVersion())
            .setIsFinal(isFinal)
            .build());
  }

  private byte[] json(EmittedPrediction<PredictionValues> answer, boolean isFinal) {
    if (mapper == null) {
      mapper = new ObjectMapper();
    }
    PredictionValues scores = answer.output().value();
    ObjectNode node = mapper.createObjectNode();
    node.put("sequence_id", answer.sequenceId());
    node.put("position", position(answer)).put("length", scores.steps());
    ArrayNode shape = node.putArray("shape");
    for (int size : scores.shape()) {
      shape.add(size);
    }
    ArrayNode values = node.putArray("values");
    for (float value : scores.values()) {
      values.add(value);
    }
    node.put("model_version", answer.modelVersion()).put("is_final", isFinal);
    try {
      return mapper.writeValueAsString(node).getBytes(StandardCharsets.UTF_8);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("Numbers and text are always JSON", e);
    }
  }
}
