package dev.riffle.operators;

import static dev.riffle.operators.Harness.at;
import static dev.riffle.operators.Harness.batches;
import static dev.riffle.operators.Harness.end;
import static dev.riffle.operators.Harness.event;
import static dev.riffle.operators.Harness.start;
import static dev.riffle.operators.Harness.wallClockBatches;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The end of a session, filled gaps and released events are batched as live events are. */
@SuppressWarnings("try")
class WorkBatchingTest {
  private static final Duration DELAY = Duration.ofMillis(10);
  private static final List<String> SIX = List.of("a", "b", "c", "d", "e", "f");

  @BeforeEach
  @AfterEach
  void resetModel() {
    RunningSum.reset();
  }

  /** Batches of four; every gap is filled, however large. */
  private static SequenceOptions filling() {
    SequenceOptions base = batches(4, DELAY);
    return new SequenceOptions(
        base.maxBatchSize(),
        base.maxQueueDelay(),
        base.warmUp(),
        base.maxReorderEvents(),
        1 << 20,
        base.maxReorderWait(),
        GapPolicy.FILL,
        1 << 20,
        base.maxSequenceIdle(),
        base.wallClockIdle(),
        base.stateTtl(),
        base.onModelChange());
  }

  private static void sendToAll(Harness harness, List<String> ids) throws Exception {
    for (String id : ids) {
      harness.send(start(event(id, 0, 1)));
    }
    harness.snapshot(); // nothing is in flight
    RunningSum.reset();
  }

  // ---- ends ----

  @Test
  void sequencesThatTheWatermarkEndsShareBatches() throws Exception {
    try (Harness harness = new Harness(batches(4, DELAY))) {
      sendToAll(harness, SIX);
      harness.watermark(60_000);
      assertThat(RunningSum.FINISHED).containsExactly(4, 2);
      for (String id : SIX) {
        assertThat(harness.finals(id)).containsExactly("1:1.0", "1:-1.0");
        assertThat(harness.sessions(id)).containsExactly("STARTED start 0", "ENDED idle 1");
      }
    }
  }

  @Test
  void sequencesThatTheEndOfInputEndsShareBatches() throws Exception {
    try (Harness harness = new Harness(batches(8, DELAY))) {
      sendToAll(harness, SIX);
      harness.endInput();
      assertThat(RunningSum.FINISHED).containsExactly(6);
      assertThat(harness.finals("f")).containsExactly("1:1.0", "1:-1.0");
    }
  }

  @Test
  void sequencesThatTheWallClockEndsShareBatchesAndWaitNoLongerThanTheDelay() throws Exception {
    try (Harness harness = new Harness(wallClockBatches(4, DELAY, Duration.ofSeconds(3)))) {
      harness.clock(0);
      sendToAll(harness, SIX);
      harness.clock(3000);
      assertThat(RunningSum.FINISHED).containsExactly(4);
      harness.clock(3010);
      assertThat(RunningSum.FINISHED).containsExactly(4, 2);
      assertThat(harness.sessions("f")).endsWith("ENDED idle 1");
    }
  }

  @Test
  void predictionsAtTheEndOfASessionPrecedeTheWatermarkThatEndsIt() throws Exception {
    try (Harness harness = new Harness(batches(4, DELAY))) {
      sendToAll(harness, List.of("a"));
      harness.watermark(60_000);
      assertThat(harness.mainOutput()).containsExactly("a 1:1.0", "a 1:-1.0", "watermark 60000");
    }
  }

  @Test
  void aKeyThatIsForgottenAtTheWatermarkThatEndsItLeavesNoState() throws Exception {
    try (Harness harness = new Harness(batches(4, DELAY))) {
      sendToAll(harness, SIX);
      harness.watermark(1_000_000);
      assertThat(harness.keysKept()).isZero();
    }
  }

  @Test
  void anEndIsNotInFlightInACheckpoint() throws Exception {
    try (Harness harness = new Harness(wallClockBatches(4, DELAY, Duration.ofSeconds(3)))) {
      harness.clock(0);
      sendToAll(harness, List.of("a"));
      harness.clock(3000);
      assertThat(RunningSum.FINISHED).isEmpty();
      harness.snapshot();
      assertThat(harness.finals("a")).containsExactly("1:1.0", "1:-1.0");
    }
  }

  // ---- gaps and buffered events ----

  @Test
  void largeGapsOfSeveralSequencesAreFilledInSharedBatches() throws Exception {
    int missing = 100_000; // more than one work item
    try (Harness harness = new Harness(filling())) {
      sendToAll(harness, List.of("a", "b"));
      for (String id : List.of("a", "b")) {
        harness.send(at(3000, event(id, 1 + missing, 5)));
      }
      assertThat(RunningSum.BATCHES).isEmpty();
      harness.watermark(2000);
      assertThat(RunningSum.BATCHES).as("zeros, zeros, the event").containsExactly(2, 2, 2);
      for (String id : List.of("a", "b")) {
        assertThat(harness.finals(id)).hasSize(missing + 2).endsWith("100001:1.0", "100002:6.0");
        assertThat(harness.sessions(id)).containsExactly("STARTED start 0", "GAP gap 1+100000");
      }
      assertThat(harness.metrics().filledSteps.getCount()).isEqualTo(2L * missing);
    }
  }

  @Test
  void releasedEventsOfSeveralSequencesShareBatches() throws Exception {
    List<String> ids = List.of("a", "b", "c", "d");
    try (Harness harness = new Harness(batches(4, DELAY))) {
      sendToAll(harness, ids);
      for (String id : ids) {
        harness.send(event(id, 2, 3));
      }
      harness.send(event("warm", 0, 0));
      for (int i = 1; i < 20; i++) {
        harness.send(event("warm", i, 0));
      }
      harness.snapshot();
      RunningSum.reset();
      for (String id : ids) {
        harness.send(event(id, 1, 2));
      }
      assertThat(RunningSum.BATCHES).containsExactly(4, 4);
      for (String id : ids) {
        assertThat(harness.finals(id)).containsExactly("1:1.0", "2:3.0", "3:6.0");
      }
    }
  }

  // ---- order within a key ----

  @Test
  void eventsThatArriveWhileAKeyHasWorkInFlightKeepTheirOrder() throws Exception {
    try (Harness harness = new Harness(batches(64, DELAY))) {
      for (int i = 0; i < 20; i++) {
        harness.send(event("warm", i, 0));
      }
      harness.snapshot();
      harness.send(start(event("a", 0, 1)), event("a", 2, 3), event("a", 1, RunningSum.POISON));
      harness.send(start(at(5_000_000, event("a", 0, 5))), end(at(5_001_000, event("a", 1, 6))));
      harness.send(at(5_002_000, event("a", 2, 7)));
      assertThat(harness.finals("a")).as("all of it waits").isEmpty();
      harness.snapshot();
      assertThat(harness.finals("a"))
          .containsExactly(
              "1:1.0", "2:1.0", "3:4.0", "3:-4.0", "1:5.0", "2:11.0", "2:-11.0", "3:7.0");
      assertThat(harness.sessions("a"))
          .containsExactly(
              "STARTED start 0",
              "GAP refused 1+1",
              "ENDED restart 3",
              "STARTED start 0",
              "ENDED end 2",
              "STARTED implied 2");
    }
  }

  @Test
  void aKeyHasAtMostOneWorkItemInFlight() {
    KeyQueue<Float> key = new KeyQueue<>("a", new SequenceState());
    key.compute(WorkItem.ofValues(key, new float[1], 1, item -> {}));
    assertThatThrownBy(() -> key.compute(WorkItem.ofEnd(key, item -> {})))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("'a' has a work item in flight");
  }

  @Test
  void decisionsMadeByADecisionAreCarriedOutBeforeThosePlannedEarlier() throws Exception {
    KeyQueue<Float> key = new KeyQueue<>("a", new SequenceState());
    StringBuilder order = new StringBuilder();
    key.plan(() -> key.plan(() -> order.append(1), () -> order.append(2)), () -> order.append(3));
    while (key.hasDecisions()) {
      key.nextDecision().run();
    }
    assertThat(order).hasToString("123");
  }
}
