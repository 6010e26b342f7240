package dev.riffle.evaluation.reads;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The baseline is a fair one: it learns what k-mers can tell. */
final class KmerLogisticRegressionTest {
  @Test
  void itTellsUnrelatedGenomesApartAndNothingFromNothing() {
    SimulatedReads one = new SimulatedReads(List.of(SimulatedReads.genome(20_000, 1)));
    SimulatedReads two = new SimulatedReads(List.of(SimulatedReads.genome(20_000, 2)));
    Random random = new Random(3);
    KmerLogisticRegression model =
        KmerLogisticRegression.best(
            new int[] {6, 13},
            one.reads(400, 360, random),
            two.reads(400, 360, random),
            one.reads(100, 360, random),
            two.reads(100, 360, random),
            4);
    assertThat(model.accuracy(one.reads(300, 360, random), two.reads(300, 360, random)))
        .isGreaterThan(0.97);
    assertThat(model.accuracy(one.reads(300, 360, random), one.reads(300, 360, random)))
        .isBetween(0.4, 0.6);
  }
}
