package dev.riffle.jobs.annotation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.riffle.dna.annotator.Annotator;
import dev.riffle.dna.annotator.Gene;
import dev.riffle.models.Prediction;
import dev.riffle.operators.EmittedPrediction;
import dev.riffle.operators.OutputRecord;
import dev.riffle.schemas.AvroCodec;
import dev.riffle.schemas.record.GeneEvent;
import dev.riffle.schemas.record.GeneStatus;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class GeneMapperTest {
  private static final Gene GENE =
      new Gene(
          Gene.Status.PUBLISHED,
          3,
          120,
          420,
          true,
          12.5,
          40.25,
          -1.5,
          Gene.Start.GTG,
          false,
          true,
          0.75);

  private final GeneMapper mapper = new GeneMapper();

  static EmittedPrediction<Gene> emitted(String id, long sessionStart, Prediction<Gene> output) {
    return emitted(id, sessionStart, output, 5, 7);
  }

  private static EmittedPrediction<Gene> emitted(
      String id, long sessionStart, Prediction<Gene> output, long queue, long compute) {
    return new EmittedPrediction<>(
        id,
        Annotator.FORMAT,
        sessionStart,
        Contigs.START,
        Contigs.START + 2_000_000,
        output,
        "dna-annotator/1",
        queue,
        compute);
  }

  @Test
  void aGeneOfASessionThatStartsLateCountsFromTheContig() {
    GeneEvent event =
        decode(mapper.toPreview(emitted("c", 1000, new Prediction<>(750, GENE))).orElseThrow());
    assertThat(event.getSequenceId()).isEqualTo("c");
    assertThat(event.getNumber()).isEqualTo(3);
    assertThat(event.getLeft()).isEqualTo(1120);
    assertThat(event.getRight()).isEqualTo(1420);
    assertThat(event.getBasesRead()).isEqualTo(1750);
    assertThat(event.getStrand()).isEqualTo("-");
    assertThat(event.getPartial()).isEqualTo("01");
    assertThat(event.getStartType()).isEqualTo("GTG");
    assertThat(event.getScore()).isEqualTo(12.5);
    assertThat(event.getCodingScore()).isEqualTo(40.25);
    assertThat(event.getStartScore()).isEqualTo(-1.5);
    assertThat(event.getConfidence()).isEqualTo(0.75f);
    assertThat(event.getStatus()).isEqualTo(GeneStatus.PUBLISHED);
    assertThat(event.getModelVersion()).isEqualTo("dna-annotator/1");
    assertThat(event.getIsFinal()).isFalse();
    assertThat(event.getLatency().getQueueMicros()).isEqualTo(5);
    assertThat(event.getLatency().getComputeMicros()).isEqualTo(7);
    assertThat(event.getLatency().getCaptureTime())
        .isEqualTo(Instant.ofEpochMilli(Contigs.START / 1000 + 2000));
  }

  @Test
  void finalRecordsDoNotDependOnAClock() {
    Prediction<Gene> output = new Prediction<>(750, GENE);
    OutputRecord slow = mapper.toFinal(emitted("c", 0, output, 123_456, 789)).orElseThrow();
    OutputRecord fast = mapper.toFinal(emitted("c", 0, output, 1, 2)).orElseThrow();
    assertThat(slow.value).isEqualTo(fast.value);
    assertThat(slow.timestampMillis).isEqualTo(Contigs.START / 1000 + 2000);
    assertThat(decode(slow).getIsFinal()).isTrue();
    assertThat(decode(slow).getLatency()).isNull();
  }

  @Test
  void aGrowingGeneIsOnThePreviewTopicOnly() {
    Gene growing =
        new Gene(
            Gene.Status.GROWING,
            0,
            120,
            420,
            true,
            12.5,
            40.25,
            0,
            Gene.Start.UNKNOWN,
            false,
            false,
            0.75);
    EmittedPrediction<Gene> emitted = emitted("c", 0, new Prediction<>(750, growing));
    assertThat(mapper.toFinal(emitted)).isEmpty();
    assertThat(decode(mapper.toPreview(emitted).orElseThrow()).getStatus())
        .isEqualTo(GeneStatus.GROWING);
  }

  private static GeneEvent decode(OutputRecord record) {
    return AvroCodec.of(GeneEvent.class).decode(record.value);
  }
}
