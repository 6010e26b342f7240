package dev.riffle.cli.shared;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PercentilesTest {
  @Test
  void aPercentileIsTheSmallestValueThatTheShareDoesNotExceed() {
    List<Integer> values =
        new java.util.ArrayList<>(IntStream.rangeClosed(1, 100).boxed().toList());
    Collections.reverse(values);
    assertThat(Percentiles.of(values, 0.5)).contains(50);
    assertThat(Percentiles.of(values, 0.95)).contains(95);
    assertThat(Percentiles.of(values, 0)).contains(1);
    assertThat(Percentiles.of(values, 1)).contains(100);
    assertThat(Percentiles.of(List.of(7.5), 0.99)).contains(7.5);
  }

  @Test
  void noValuesHaveNoPercentile() {
    assertThat(Percentiles.of(List.<Double>of(), 0.5)).isEmpty();
  }
}
