package dev.riffle.operators;

import static dev.riffle.operators.Stage.batches;
import static dev.riffle.operators.Stage.end;
import static dev.riffle.operators.Stage.event;
import static dev.riffle.operators.Stage.start;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** When a batch is computed, and what is in it. */
@SuppressWarnings("try")
class BatchingTest {
  private static final SequenceOptions FOUR = batches(4, Duration.ofMillis(10));

  @BeforeEach
  void forgetBatches() {
    RunningSum.BATCHES.clear();
  }

  /** Events enough, in no time, for the operator to notice the load. */
  private static Stage busy() throws Exception {
    Stage stage = new Stage(FOUR);
    for (int i = 0; i < 20; i++) {
      stage.send(event("warm", i, 0));
    }
    stage.watermark(0);
    RunningSum.BATCHES.clear();
    return stage;
  }

  @Test
  void whileTheLoadIsLowEachEventIsComputedAtOnce() throws Exception {
    try (Stage stage = new Stage(FOUR)) {
      for (int i = 0; i < 50; i++) {
        stage.clock(i * 20);
        stage.send(event("a", i, 1));
        assertThat(stage.finals("a")).hasSize(i + 1);
      }
      assertThat(RunningSum.BATCHES).containsOnly(1).hasSize(50);
    }
  }

  @Test
  void underLoadABatchIsComputedWhenItIsFull() throws Exception {
    try (Stage stage = busy()) {
      stage.send(event("a", 0, 1), event("b", 0, 1), event("c", 0, 1));
      assertThat(RunningSum.BATCHES).isEmpty();
      stage.send(event("d", 0, 1));
      assertThat(RunningSum.BATCHES).containsExactly(4);
      assertThat(stage.finals("d")).containsExactly("1:1.0");
      assertThat(stage.metrics().batchSize.getStatistics().getMax()).isEqualTo(4);
    }
  }

  @Test
  void noEventWaitsLongerThanTheQueueDelay() throws Exception {
    try (Stage stage = busy()) {
      stage.send(event("a", 0, 1));
      stage.clock(9);
      assertThat(stage.finals("a")).isEmpty();
      stage.clock(10);
      assertThat(stage.finals("a")).containsExactly("1:1.0");
    }
  }

  @Test
  void theLoadIsNoticedAgainWhenItFalls() throws Exception {
    try (Stage stage = busy()) {
      for (int i = 1; i < 20; i++) {
        stage.clock(i * 50);
        stage.send(event("a", i, 1));
      }
      RunningSum.BATCHES.clear();
      stage.clock(1000);
      stage.send(event("a", 20, 1));
      assertThat(RunningSum.BATCHES).containsExactly(1);
    }
  }

  @Test
  void whatComesWhileABatchIsComputedIsNoReasonToComputeItAlone() throws Exception {
    RunningSum.slowness = 20; // twice the queue delay
    try (Stage stage = new Stage(FOUR)) {
      long millis = 0;
      for (int i = 0; i < 40; i++) {
        int before = RunningSum.BATCHES.size();
        stage.send(event("abcd".substring(i % 4, i % 4 + 1), i / 4, 1));
        if (RunningSum.BATCHES.size() > before) {
          millis += 20; // the next is there when this has been computed
          stage.clock(millis);
        }
      }
      assertThat(RunningSum.BATCHES).startsWith(1, 1).endsWith(4, 4);
    } finally {
      RunningSum.mend();
    }
  }

  @Test
  void aBatchTakesOneEventOfAKeyAndTheNextTheNext() throws Exception {
    try (Stage stage = busy()) {
      stage.send(event("a", 0, 1), event("a", 1, 2), event("b", 0, 5), event("a", 2, 3));
      stage.clock(10);
      assertThat(RunningSum.BATCHES).containsExactly(2, 1, 1);
      assertThat(stage.finals("a")).containsExactly("1:1.0", "2:3.0", "3:6.0");
    }
  }

  @Test
  void aFloodOfOneKeyIsHeldNoLongerThanFourBatches() throws Exception {
    try (Stage stage = busy()) {
      for (int i = 0; i < 15; i++) {
        stage.send(event("a", i, 1));
      }
      assertThat(stage.finals("a")).isEmpty();
      stage.send(event("a", 15, 1));
      assertThat(stage.finals("a")).hasSize(1);
    }
  }

  @Test
  void nothingIsInFlightInACheckpoint() throws Exception {
    try (Stage stage = busy()) {
      stage.send(event("a", 0, 1), event("a", 1, 2));
      stage.snapshot();
      assertThat(stage.finals("a")).containsExactly("1:1.0", "2:3.0");
    }
  }

  @Test
  void eventsAreComputedBeforeTimePasses() throws Exception {
    try (Stage stage = busy()) {
      stage.send(start(event("a", 0, 1)));
      stage.watermark(60_000);
      assertThat(stage.finals("a")).containsExactly("1:1.0", "1:-1.0");
    }
  }

  @Test
  void theEndOfInputWaitsForNobody() throws Exception {
    try (Stage stage = busy()) {
      stage.send(start(event("a", 0, 1)), end(event("a", 1, 2)));
      stage.endInput();
      assertThat(stage.finals("a")).containsExactly("1:1.0", "2:3.0", "2:-3.0");
    }
  }

  @Test
  void timesAreMeasuredOncePerBatchAndPerEvent() throws Exception {
    try (Stage stage = busy()) {
      long before = stage.metrics().queueLatency.getCount();
      stage.send(event("a", 0, 1), event("b", 0, 1));
      stage.clock(10);
      assertThat(stage.metrics().queueLatency.getCount()).isEqualTo(before + 2);
      assertThat(stage.metrics().inferenceLatency.getStatistics().getMin()).isNotNegative();
      assertThat(stage.metrics().inferenceRequests.getCount()).isEqualTo(22);
    }
  }
}
