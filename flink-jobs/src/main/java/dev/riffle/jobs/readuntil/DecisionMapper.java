package dev.riffle.jobs.readuntil;

import dev.riffle.dna.readuntil.ReadVerdict;
import dev.riffle.operators.EmittedPrediction;
import dev.riffle.operators.OutputMapper;
import dev.riffle.operators.OutputRecord;
import dev.riffle.schemas.AvroCodec;
import dev.riffle.schemas.record.DecisionLatency;
import dev.riffle.schemas.record.ReadDecision;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;

/** Turns verdicts into {@code ReadDecision} records. Latencies are on the preview topic only. */
public final class DecisionMapper implements OutputMapper<ReadVerdict> {
  private static final long serialVersionUID = 1;

  /** Continue to the end of the read. */
  public static final String SEQUENCE = "sequence";

  /** Eject the read. */
  public static final String UNBLOCK = "unblock";

  private final boolean enrich;
  private final String atLimit;

  private transient AvroCodec<ReadDecision> codec;

  /**
   * @param enrich true to sequence the reads of targets, false to sequence all others
   * @param atLimit action for a read that is still unknown after the largest number of bases
   */
  public DecisionMapper(boolean enrich, String atLimit) {
    this.enrich = enrich;
    this.atLimit = atLimit;
  }

  @Override
  public Optional<OutputRecord> toFinal(EmittedPrediction<ReadVerdict> emitted) {
    return Optional.of(record(emitted, true));
  }

  @Override
  public Optional<OutputRecord> toPreview(EmittedPrediction<ReadVerdict> emitted) {
    return Optional.of(record(emitted, false));
  }

  private OutputRecord record(EmittedPrediction<ReadVerdict> emitted, boolean isFinal) {
    if (codec == null) {
      codec = AvroCodec.of(ReadDecision.class);
    }
    ReadVerdict verdict = emitted.prediction().value();
    ReadDecision decision =
        ReadDecision.newBuilder()
            .setSequenceId(emitted.sequenceId())
            .setReadId(emitted.sequenceId())
            .setAction(action(verdict))
            .setChannel(verdict.channel() == 0 ? null : (Integer) verdict.channel())
            .setBases(verdict.bases())
            .setMeanQscore(
                Double.isNaN(verdict.meanQscore()) ? null : (Float) (float) verdict.meanQscore())
            .setCaptureTime(Instant.EPOCH.plus(emitted.eventMicros(), ChronoUnit.MICROS))
            .setTargetProbability((float) verdict.probability())
            .setReason(reason(verdict))
            .setModelVersion(emitted.modelVersion())
            .setIsFinal(isFinal)
            .setLatency(isFinal ? null : latency(emitted))
            .build();
    return new OutputRecord(
        emitted.sequenceId(), codec.encode(decision), Math.floorDiv(emitted.eventMicros(), 1000L));
  }

  private String action(ReadVerdict verdict) {
    return switch (verdict.origin()) {
      case TARGET -> enrich ? SEQUENCE : UNBLOCK;
      case BACKGROUND -> enrich ? UNBLOCK : SEQUENCE;
      case LIMIT -> atLimit;
      case ENDED -> SEQUENCE; // nothing is left to eject
    };
  }

  private static String reason(ReadVerdict verdict) {
    return switch (verdict.origin()) {
      case TARGET, BACKGROUND -> "evidence";
      case LIMIT -> "limit";
      case ENDED -> "end";
    };
  }

  private static DecisionLatency latency(EmittedPrediction<ReadVerdict> emitted) {
    return DecisionLatency.newBuilder()
        .setQueueMicros(emitted.queueMicros())
        .setComputeMicros(emitted.computeMicros())
        .build();
  }
}
