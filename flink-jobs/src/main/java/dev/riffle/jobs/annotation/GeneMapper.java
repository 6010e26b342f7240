package dev.riffle.jobs.annotation;

import dev.riffle.models.annotator.Gene;
import dev.riffle.operators.EmittedPrediction;
import dev.riffle.operators.OutputMapper;
import dev.riffle.operators.OutputRecord;
import dev.riffle.schemas.AvroCodec;
import dev.riffle.schemas.record.GeneEvent;
import dev.riffle.schemas.record.GeneLatency;
import dev.riffle.schemas.record.GeneStatus;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;

/**
 * Turns genes into {@code GeneEvent} records. The preview lane has genes that grow and those that
 * are published, the final lane the published ones alone.
 */
public final class GeneMapper implements OutputMapper<Gene> {
  private static final long serialVersionUID = 1;

  private transient AvroCodec<GeneEvent> codec;

  @Override
  public OutputRecord toFinal(EmittedPrediction<Gene> answer) {
    return answer.output().value().status() == Gene.Status.PUBLISHED
        ? outgoing(answer, true)
        : null;
  }

  @Override
  public OutputRecord toPreview(EmittedPrediction<Gene> answer) {
    return outgoing(answer, false);
  }

  private OutputRecord outgoing(EmittedPrediction<Gene> answer, boolean isFinal) {
    if (codec == null) {
      codec = AvroCodec.of(GeneEvent.class);
    }
    Gene gene = answer.output().value();
    // The gene counts from the session's start, the record from the contig's.
    long before = answer.sessionStart();
    GeneEvent event =
        GeneEvent.newBuilder()
            .setSequenceId(answer.sequenceId())
            .setNumber(gene.number())
            .setLeft(before + gene.left())
            .setRight(before + gene.right())
            .setStrand(gene.reverse() ? "-" : "+")
            .setPartial(gene.partial())
            .setStartType(gene.start().text())
            .setScore(gene.score())
            .setCodingScore(gene.codingScore())
            .setStartScore(gene.startScore())
            .setConfidence((float) gene.confidence())
            .setStatus(GeneStatus.valueOf(gene.status().name()))
            .setBasesRead(before + answer.output().position())
            .setModelVersion(answer.modelVersion())
            .setIsFinal(isFinal)
            .setLatency(isFinal ? null : latency(answer))
            .build();
    return new OutputRecord(
        answer.sequenceId(), codec.encode(event), Math.floorDiv(answer.eventMicros(), 1000L));
  }

  private static GeneLatency latency(EmittedPrediction<Gene> answer) {
    return GeneLatency.newBuilder()
        .setCaptureTime(Instant.EPOCH.plus(answer.eventMicros(), ChronoUnit.MICROS))
        .setQueueMicros(answer.queueMicros())
        .setComputeMicros(answer.computeMicros())
        .build();
  }

  /** The gene that a record tells, in the contig's positions. */
  public static Gene gene(GeneEvent event) {
    return new Gene(
        Gene.Status.valueOf(event.getStatus().name()),
        event.getNumber(),
        event.getLeft(),
        event.getRight(),
        event.getStrand().equals("-"),
        event.getScore(),
        event.getCodingScore(),
        event.getStartScore(),
        Gene.Start.valueOf(event.getStartType().toUpperCase(Locale.ROOT)),
        event.getPartial().charAt(0) == '1',
        event.getPartial().charAt(1) == '1',
        event.getConfidence());
  }
}
