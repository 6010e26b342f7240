package dev.riffle.cli.shared;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StopSignalTest {
  @ParameterizedTest
  @CsvSource({"0, false, 0", "1, true, 0", "2, true, 1", "5, true, 1"})
  void theFirstSignalIsNotedAndTheSecondRunsTheAction(int signals, boolean asked, int runs) {
    AtomicInteger actions = new AtomicInteger();
    try (StopSignal stop = StopSignal.listen(actions::incrementAndGet)) {
      for (int i = 0; i < signals; i++) {
        stop.arrive();
      }
      assertThat(stop.asked()).isEqualTo(asked);
      assertThat(actions).hasValue(runs);
    }
  }
}
