package dev.riffle.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.riffle.cli.demo.Latencies.Part;
import dev.riffle.schemas.record.Latency;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class LatenciesTest {
  @Test
  void thePartsSumToWhatIsVisible() {
    Latencies latencies = new Latencies();
    Instant onset = Instant.ofEpochSecond(1000);
    double visible =
        latencies.add(new Latency(96_000L, 2_000L, 1_500L, onset), onset.plusMillis(120));

    assertThat(visible).isEqualTo(120);
    assertThat(latencies.percentile(Part.TRANSPORT, .5)).isEqualTo(20.5, within(1e-9));
  }

  @Test
  void aPercentileIsTheValueThatThisShareDoesNotExceed() {
    Latencies latencies = new Latencies();
    for (int i = 1; i <= 100; i++) {
      latencies.add(new Latency(1000L * i, 0L, 0L, Instant.EPOCH), null);
    }

    assertThat(latencies.count()).isEqualTo(100);
    assertThat(latencies.percentile(Part.ALGORITHMIC, .5)).isEqualTo(50);
    assertThat(latencies.percentile(Part.ALGORITHMIC, .95)).isEqualTo(95);
    assertThat(latencies.percentile(Part.ALGORITHMIC, .99)).isEqualTo(99);
    assertThat(latencies.parts()).doesNotContain(Part.VISIBLE, Part.TRANSPORT);
  }
}
