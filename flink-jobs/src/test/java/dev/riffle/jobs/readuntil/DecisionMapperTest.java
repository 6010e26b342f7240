package dev.riffle.jobs.readuntil;

import static org.assertj.core.api.Assertions.assertThat;

import dev.riffle.dna.readuntil.ReadUntil;
import dev.riffle.dna.readuntil.ReadVerdict;
import dev.riffle.dna.readuntil.ReadVerdict.Origin;
import dev.riffle.models.Prediction;
import dev.riffle.operators.EmittedPrediction;
import dev.riffle.operators.OutputRecord;
import dev.riffle.schemas.AvroCodec;
import dev.riffle.schemas.record.ReadDecision;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DecisionMapperTest {
  @ParameterizedTest
  @CsvSource({
    "TARGET, true,  sequence, evidence",
    "TARGET, false, unblock,  evidence",
    "BACKGROUND, true,  unblock,  evidence",
    "BACKGROUND, false, sequence, evidence",
    "LIMIT,  true,  unblock,  limit",
    "LIMIT,  false, unblock,  limit",
    "ENDED,  true,  sequence, end",
    "ENDED,  false, sequence, end"
  })
  void theActionFollowsOriginAndSampling(
      Origin origin, boolean enrich, String action, String reason) {
    ReadDecision decision =
        decode(
            new DecisionMapper(enrich, "unblock")
                .toFinal(emitted(origin, 0, Double.NaN))
                .orElseThrow());
    assertThat(decision.getAction()).isEqualTo(action);
    assertThat(decision.getReason()).isEqualTo(reason);
  }

  @Test
  void aDecisionHasAllFieldsOfItsVerdict() {
    OutputRecord told =
        new DecisionMapper(true, "sequence")
            .toPreview(emitted(Origin.TARGET, 7, 12.5))
            .orElseThrow();
    assertThat(told.key).isEqualTo("read");
    assertThat(told.timestampMillis).isEqualTo(1_700_000_000_400L);
    ReadDecision decision = decode(told);
    assertThat(decision.getChannel()).isEqualTo(7);
    assertThat(decision.getMeanQscore()).isEqualTo(12.5f);
    assertThat(decision.getBases()).isEqualTo(45);
    assertThat(decision.getTargetProbability()).isEqualTo(0.75f);
    assertThat(decision.getCaptureTime()).isEqualTo(Instant.ofEpochMilli(1_700_000_000_400L));
    assertThat(decision.getLatency().getQueueMicros()).isEqualTo(11);
    assertThat(decision.getLatency().getComputeMicros()).isEqualTo(22);
    ReadDecision last =
        decode(
            new DecisionMapper(true, "sequence")
                .toFinal(emitted(Origin.TARGET, 0, Double.NaN))
                .orElseThrow());
    assertThat(last.getChannel()).isNull();
    assertThat(last.getMeanQscore()).isNull();
    assertThat(last.getActionResponse()).isNull();
    assertThat(last.getLatency()).isNull();
  }

  private static ReadDecision decode(OutputRecord record) {
    return AvroCodec.of(ReadDecision.class).decode(record.value);
  }

  private static EmittedPrediction<ReadVerdict> emitted(Origin origin, int channel, double qscore) {
    ReadVerdict verdict = new ReadVerdict(origin, Math.log(3), 45, channel, qscore);
    return new EmittedPrediction<>(
        "read",
        ReadUntil.FORMAT,
        0,
        1_700_000_000_000_000L,
        1_700_000_000_400_000L,
        new Prediction<>(45, verdict),
        "read-until/1",
        11,
        22);
  }
}
