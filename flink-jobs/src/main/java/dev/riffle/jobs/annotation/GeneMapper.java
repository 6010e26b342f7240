package dev.riffle.jobs.annotation;

import dev.riffle.dna.annotator.Gene;
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
import java.util.Optional;

/**
 * Turns genes into {@code GeneEvent} records. The preview topic gets growing and published genes,
 * the final topic only published ones.
 */
public final class GeneMapper implements OutputMapper<Gene> {
  private static final long serialVersionUID = 1;

  private transient AvroCodec<GeneEvent> codec;

  @Override
  public Optional<OutputRecord> toFinal(EmittedPrediction<Gene> emitted) {
    return emitted.prediction().value().status() == Gene.Status.PUBLISHED
        ? Optional.of(record(emitted, true))
        : Optional.empty();
  }

  @Override
  public Optional<OutputRecord> toPreview(EmittedPrediction<Gene> emitted) {
    return Optional.of(record(emitted, false));
  }

  private OutputRecord record(EmittedPrediction<Gene> emitted, boolean isFinal) {
    if (codec == null) {
      codec = AvroCodec.of(GeneEvent.class);
    }
    Gene gene = emitted.prediction().value();
    // The gene counts from the session's start, the record from the contig's.
    long before = emitted.sessionStart();
    GeneEvent event =
        GeneEvent.newBuilder()
            .setSequenceId(emitted.sequenceId())
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
            .setBasesRead(before + emitted.prediction().position())
            .setModelVersion(emitted.modelVersion())
            .setIsFinal(isFinal)
            .setLatency(isFinal ? null : latency(emitted))
            .build();
    return new OutputRecord(
        emitted.sequenceId(), codec.encode(event), Math.floorDiv(emitted.eventMicros(), 1000L));
  }

  private static GeneLatency latency(EmittedPrediction<Gene> emitted) {
    return GeneLatency.newBuilder()
        .setCaptureTime(Instant.EPOCH.plus(emitted.eventMicros(), ChronoUnit.MICROS))
        .setQueueMicros(emitted.queueMicros())
        .setComputeMicros(emitted.computeMicros())
        .build();
  }

  /** The gene of a record, in positions of the contig. */
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
