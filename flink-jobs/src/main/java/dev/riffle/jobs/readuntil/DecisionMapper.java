package dev.riffle.jobs.readuntil;

import dev.riffle.models.readuntil.ReadVerdict;
import dev.riffle.operators.EmittedPrediction;
import dev.riffle.operators.OutputMapper;
import dev.riffle.operators.OutputRecord;
import dev.riffle.schemas.AvroCodec;
import dev.riffle.schemas.record.DecisionLatency;
import dev.riffle.schemas.record.ReadDecision;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** Turns verdicts into {@code ReadDecision} records, both lanes alike but for the latency. */
public final class DecisionMapper implements OutputMapper<ReadVerdict> {
  private static final long serialVersionUID = 1;

  /** Go on to the read's end. */
  public static final String SEQUENCE = "sequence";

  /** Eject it. */
  public static final String UNBLOCK = "unblock";

  private final boolean enrich;
  private final String atLimit;

  private transient AvroCodec<ReadDecision> codec;

  /**
   * @param enrich true if the targets' reads are to be sequenced, false if all others are
   * @param atLimit action for a read that is unknown after the bases that the test waits for
   */
  public DecisionMapper(boolean enrich, String atLimit) {
    this.enrich = enrich;
    this.atLimit = atLimit;
  }

  @Override
  public OutputRecord toFinal(EmittedPrediction<ReadVerdict> answer) {
    return outgoing(answer, true);
  }

  @Override
  public OutputRecord toPreview(EmittedPrediction<ReadVerdict> answer) {
    return outgoing(answer, false);
  }

  private OutputRecord outgoing(EmittedPrediction<ReadVerdict> answer, boolean isFinal) {
    if (codec == null) {
      codec = AvroCodec.of(ReadDecision.class);
    }
    ReadVerdict verdict = answer.output().value();
    ReadDecision decision =
        ReadDecision.newBuilder()
            .setSequenceId(answer.sequenceId())
            .setReadId(answer.sequenceId())
            .setAction(action(verdict))
            .setChannel(verdict.channel() == 0 ? null : (Integer) verdict.channel())
            .setBases(verdict.bases())
            .setMeanQscore(
                Double.isNaN(verdict.meanQscore()) ? null : (Float) (float) verdict.meanQscore())
            .setCaptureTime(Instant.EPOCH.plus(answer.eventMicros(), ChronoUnit.MICROS))
            .setTargetProbability((float) verdict.probability())
            .setReason(reason(verdict))
            .setModelVersion(answer.modelVersion())
            .setIsFinal(isFinal)
            .setLatency(isFinal ? null : latency(answer))
            .build();
    return new OutputRecord(
        answer.sequenceId(), codec.encode(decision), Math.floorDiv(answer.eventMicros(), 1000L));
  }

  private String action(ReadVerdict verdict) {
    return switch (verdict.origin()) {
      case TARGET -> enrich ? SEQUENCE : UNBLOCK;
      case REST -> enrich ? UNBLOCK : SEQUENCE;
      case LIMIT -> atLimit;
      case ENDED -> SEQUENCE; // as it was: nothing is left to eject
    };
  }

  private static String reason(ReadVerdict verdict) {
    return switch (verdict.origin()) {
      case TARGET, REST -> "evidence";
      case LIMIT -> "limit";
      case ENDED -> "end";
    };
  }

  private static DecisionLatency latency(EmittedPrediction<ReadVerdict> answer) {
    return DecisionLatency.newBuilder()
        .setQueueMicros(answer.queueMicros())
        .setComputeMicros(answer.computeMicros())
        .build();
  }
}
