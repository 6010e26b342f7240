package dev.riffle.operators;

import static dev.riffle.operators.Harness.batches;
import static dev.riffle.operators.Harness.end;
import static dev.riffle.operators.Harness.event;
import static dev.riffle.operators.Harness.start;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** When a batch is computed, and what it contains. */
@SuppressWarnings("try")
class BatchingTest {
  private static final SequenceOptions FOUR = batches(4, Duration.ofMillis(10));

  @BeforeEach
  void clearBatches() {
    RunningSum.BATCHES.clear();
  }

  /** A harness after many events in a short time: the operator batches. */
  private static Harness busy() throws Exception {
    Harness harness = new Harness(FOUR);
    for (int i = 0; i < 20; i++) {
      harness.send(event("warm", i, 0));
    }
    harness.watermark(0);
    RunningSum.BATCHES.clear();
    return harness;
  }

  @Test
  void whileTheLoadIsLowEachEventIsComputedAtOnce() throws Exception {
    try (Harness harness = new Harness(FOUR)) {
      for (int i = 0; i < 50; i++) {
        harness.clock(i * 20L);
        harness.send(event("a", i, 1));
        assertThat(harness.finals("a")).hasSize(i + 1);
      }
      assertThat(RunningSum.BATCHES).containsOnly(1).hasSize(50);
    }
  }

  @Test
  void underLoadABatchIsComputedWhenItIsFull() throws Exception {
    try (Harness harness = busy()) {
      harness.send(event("a", 0, 1), event("b", 0, 1), event("c", 0, 1));
      assertThat(RunningSum.BATCHES).isEmpty();
      harness.send(event("d", 0, 1));
      assertThat(RunningSum.BATCHES).containsExactly(4);
      assertThat(harness.finals("d")).containsExactly("1:1.0");
      assertThat(harness.metrics().batchSize.getStatistics().getMax()).isEqualTo(4);
    }
  }

  @Test
  void noEventWaitsLongerThanTheQueueDelay() throws Exception {
    try (Harness harness = busy()) {
      harness.send(event("a", 0, 1));
      harness.clock(9);
      assertThat(harness.finals("a")).isEmpty();
      harness.clock(10);
      assertThat(harness.finals("a")).containsExactly("1:1.0");
    }
  }

  @Test
  void aFallingLoadIsNoticed() throws Exception {
    try (Harness harness = busy()) {
      for (int i = 1; i < 20; i++) {
        harness.clock(i * 50L);
        harness.send(event("a", i, 1));
      }
      RunningSum.BATCHES.clear();
      harness.clock(1000);
      harness.send(event("a", 20, 1));
      assertThat(RunningSum.BATCHES).containsExactly(1);
    }
  }

  @Test
  void eventsThatArriveWhileABatchIsComputedFormTheNextBatch() throws Exception {
    RunningSum.slowness = 20; // twice the queue delay
    try (Harness harness = new Harness(FOUR)) {
      long millis = 0;
      for (int i = 0; i < 40; i++) {
        int before = RunningSum.BATCHES.size();
        harness.send(event("abcd".substring(i % 4, i % 4 + 1), i / 4, 1));
        if (RunningSum.BATCHES.size() > before) {
          millis += 20; // the next event arrives while this batch is computed
          harness.clock(millis);
        }
      }
      assertThat(RunningSum.BATCHES).startsWith(1, 1).endsWith(4, 4);
    } finally {
      RunningSum.reset();
    }
  }

  @Test
  void aBatchTakesOneEventPerKey() throws Exception {
    try (Harness harness = busy()) {
      harness.send(event("a", 0, 1), event("a", 1, 2), event("b", 0, 5), event("a", 2, 3));
      harness.clock(10);
      assertThat(RunningSum.BATCHES).containsExactly(2, 1, 1);
      assertThat(harness.finals("a")).containsExactly("1:1.0", "2:3.0", "3:6.0");
    }
  }

  @Test
  void aFloodOfOneKeyWaitsForAtMostFourBatches() throws Exception {
    try (Harness harness = busy()) {
      for (int i = 0; i < 15; i++) {
        harness.send(event("a", i, 1));
      }
      assertThat(harness.finals("a")).isEmpty();
      harness.send(event("a", 15, 1));
      assertThat(harness.finals("a")).hasSize(1);
    }
  }

  @Test
  void nothingIsInFlightInACheckpoint() throws Exception {
    try (Harness harness = busy()) {
      harness.send(event("a", 0, 1), event("a", 1, 2));
      harness.snapshot();
      assertThat(harness.finals("a")).containsExactly("1:1.0", "2:3.0");
    }
  }

  @Test
  void eventsAreComputedBeforeTimePasses() throws Exception {
    try (Harness harness = busy()) {
      harness.send(start(event("a", 0, 1)));
      harness.watermark(60_000);
      assertThat(harness.finals("a")).containsExactly("1:1.0", "1:-1.0");
    }
  }

  @Test
  void theEndOfInputDoesNotWaitForABatch() throws Exception {
    try (Harness harness = busy()) {
      harness.send(start(event("a", 0, 1)), end(event("a", 1, 2)));
      harness.endInput();
      assertThat(harness.finals("a")).containsExactly("1:1.0", "2:3.0", "2:-3.0");
    }
  }

  @Test
  void timesAreMeasuredOncePerBatchAndPerEvent() throws Exception {
    try (Harness harness = busy()) {
      long before = harness.metrics().queueLatency.getCount();
      harness.send(event("a", 0, 1), event("b", 0, 1));
      harness.clock(10);
      assertThat(harness.metrics().queueLatency.getCount()).isEqualTo(before + 2);
      assertThat(harness.metrics().inferenceLatency.getStatistics().getMin()).isNotNegative();
      assertThat(harness.metrics().inferenceRequests.getCount()).isEqualTo(22);
    }
  }
}
