package dev.riffle.jobs.sequence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.riffle.models.Format;
import dev.riffle.models.PredictionValues;
import dev.riffle.operators.EmittedPrediction;
import dev.riffle.operators.OutputRecord;
import dev.riffle.schemas.AvroCodec;
import dev.riffle.schemas.record.Prediction;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class PredictionMapperTest {
  private static final EmittedPrediction<PredictionValues> EMITTED =
      new EmittedPrediction<>(
          "a",
          new Format(0, 3),
          100,
          5_000_000,
          7_000_000,
          new dev.riffle.models.Prediction<>(
              3, new PredictionValues(new float[] {0.1f, -2, Float.NaN}, new int[] {3, 1}, 2, 5)),
          "lru/1",
          11,
          12);

  @Test
  void aPredictionNamesItsSteps() {
    OutputRecord out = new PredictionMapper(false).toFinal(EMITTED).orElseThrow();
    assertThat(out.key).isEqualTo("a");
    assertThat(out.timestampMillis).isEqualTo(7000);
    Prediction p = AvroCodec.of(Prediction.class).decode(out.value);
    assertThat(p.getSequenceId()).isEqualTo("a");
    assertThat(p.getPosition()).isEqualTo(102);
    assertThat(p.getLength()).isEqualTo(5);
    assertThat(p.getShape()).isEqualTo(List.of(3, 1));
    float[] values = new float[3];
    p.getValues().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
    assertThat(values).containsExactly(0.1f, -2, Float.NaN);
    assertThat(p.getModelVersion()).isEqualTo("lru/1");
    assertThat(p.getIsFinal()).isTrue();
  }

  @Test
  void asJsonItHasTheSameFields() {
    OutputRecord out = new PredictionMapper(true).toPreview(EMITTED).orElseThrow();
    assertThat(new String(out.value, StandardCharsets.UTF_8))
        .isEqualTo(
            "{\"sequence_id\":\"a\",\"position\":102,\"length\":5,\"shape\":[3,1],"
                + "\"values\":[0.1,-2.0,\"NaN\"],\"model_version\":\"lru/1\",\"is_final\":false}");
  }

  @Test
  void finalRecordsDoNotDependOnAClock() {
    EmittedPrediction<PredictionValues> slower =
        new EmittedPrediction<>(
            "a",
            EMITTED.format(),
            100,
            5_000_000,
            7_000_000,
            EMITTED.prediction(),
            "lru/1",
            99,
            98);
    PredictionMapper mapper = new PredictionMapper(false);
    assertThat(mapper.toFinal(slower).orElseThrow().value)
        .isEqualTo(mapper.toFinal(EMITTED).orElseThrow().value);
  }
}
