package dev.riffle.operators;

import static dev.riffle.operators.Harness.OPTIONS;
import static dev.riffle.operators.Harness.at;
import static dev.riffle.operators.Harness.end;
import static dev.riffle.operators.Harness.event;
import static dev.riffle.operators.Harness.gaps;
import static dev.riffle.operators.Harness.start;
import static dev.riffle.operators.Harness.wallClock;
import static org.assertj.core.api.Assertions.assertThat;

import dev.riffle.schemas.record.SessionEvent;
import java.time.Duration;
import java.util.List;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.junit.jupiter.api.Test;

/** Sessions that start, idle out, end and are forgotten. */
@SuppressWarnings("try")
class SessionsTest {
  private static final long SECOND = 1_000_000;

  @Test
  void sessionEventsAreEmittedAtTheStartAndAtTheEnd() throws Exception {
    try (Harness harness = new Harness(OPTIONS)) {
      harness.send(start(at(5 * SECOND, event("a", 0, 1, 2))), end(event("a", 2)));
      List<SessionEvent> events = harness.sessionEvents("a");
      assertThat(harness.sessions("a")).containsExactly("STARTED start 0", "ENDED end 2");
      assertThat(events.get(0).getCaptureTime().toEpochMilli()).isEqualTo(5000);
      assertThat(events.get(0).getModelVersion()).isEqualTo("sum/1");
      assertThat(harness.metrics().activeSequences).isZero();
    }
  }

  @Test
  void anUnseenSequenceStartsAtThePositionOfItsFirstEvent() throws Exception {
    try (Harness harness = new Harness(OPTIONS)) {
      harness.send(event("a", 41, 1), event("a", 42, 2));
      assertThat(harness.sessions("a")).containsExactly("STARTED implied 41");
      assertThat(harness.finals("a")).containsExactly("42:1.0", "43:3.0");
      assertThat(harness.metrics().activeSequences).isEqualTo(1);
    }
  }

  @Test
  void aNewStartEndsTheOpenSession() throws Exception {
    try (Harness harness = new Harness(OPTIONS)) {
      harness.send(start(event("a", 0, 1)), event("a", 2, 3));
      harness.send(start(at(9 * SECOND, event("a", 0, 5))));
      assertThat(harness.finals("a")).containsExactly("1:1.0", "2:1.0", "3:4.0", "3:-4.0", "1:5.0");
      assertThat(harness.sessions("a"))
          .containsExactly("STARTED start 0", "GAP gap 1+1", "ENDED restart 3", "STARTED start 0");
    }
  }

  @Test
  void theWatermarkEndsAnIdleSession() throws Exception {
    try (Harness harness = new Harness(OPTIONS)) {
      harness.send(start(event("a", 0, 1, 2)));
      harness.watermark(10_001);
      assertThat(harness.finals("a")).hasSize(2);
      harness.watermark(10_002);
      assertThat(harness.finals("a")).containsExactly("1:1.0", "2:3.0", "2:-3.0");
      assertThat(harness.sessions("a")).containsExactly("STARTED start 0", "ENDED idle 2");
    }
  }

  @Test
  void theNextEventEndsAnIdleSessionLikeTheWatermark() throws Exception {
    List<String> byWatermark;
    try (Harness harness = new Harness(OPTIONS)) {
      harness.send(start(event("a", 0, 1, 2)), event("a", 3, 7));
      harness.watermark(11_000);
      harness.send(at(11 * SECOND, event("a", 4, 4)), at(10 * SECOND, event("a", 5, 5)));
      byWatermark = harness.finals("a");
      assertThat(harness.sessions("a"))
          .containsExactly("STARTED start 0", "GAP gap 2+1", "ENDED idle 4", "STARTED implied 4");
    }
    try (Harness harness = new Harness(OPTIONS)) {
      harness.send(start(event("a", 0, 1, 2)), event("a", 3, 7));
      harness.send(at(11 * SECOND, event("a", 4, 4)), at(10 * SECOND, event("a", 5, 5)));
      assertThat(harness.finals("a")).isEqualTo(byWatermark).hasSize(7);
      assertThat(harness.sessions("a"))
          .containsExactly("STARTED start 0", "GAP gap 2+1", "ENDED idle 4", "STARTED implied 4");
    }
  }

  @Test
  void afterIdlenessPositionsRestart() throws Exception {
    try (Harness harness = new Harness(OPTIONS)) {
      harness.send(start(event("a", 0, 1, 2)), at(11 * SECOND, event("a", 0, 3)));
      assertThat(harness.finals("a")).containsExactly("1:1.0", "2:3.0", "2:-3.0", "1:3.0");
      assertThat(harness.sessions("a")).endsWith("ENDED idle 2", "STARTED implied 0");
    }
  }

  @Test
  void anEventKeepsTheSessionFromIdling() throws Exception {
    try (Harness harness = new Harness(OPTIONS)) {
      harness.send(start(event("a", 0, 1)), at(9 * SECOND, event("a", 1, 2)));
      harness.watermark(18_000);
      assertThat(harness.sessions("a")).containsExactly("STARTED start 0");
      harness.send(at(18 * SECOND, event("a", 2)), at(27 * SECOND, event("a", 2, 3)));
      assertThat(harness.finals("a")).containsExactly("1:1.0", "2:3.0", "3:6.0");
    }
  }

  @Test
  void theWallClockEndsASessionOnlyIfTheOptionSaysSo() throws Exception {
    try (Harness harness = new Harness(wallClock(Duration.ofSeconds(3)))) {
      harness.clock(0);
      harness.send(start(event("a", 0, 1)));
      harness.clock(2000);
      harness.send(event("a", 1, 2));
      harness.clock(4999);
      assertThat(harness.finals("a")).hasSize(2);
      harness.clock(5000);
      assertThat(harness.finals("a")).containsExactly("1:1.0", "2:3.0", "2:-3.0");
      assertThat(harness.sessions("a")).endsWith("ENDED idle 2");
    }
    try (Harness harness = new Harness(OPTIONS)) {
      harness.send(start(event("a", 0, 1)));
      harness.clock(1_000_000);
      assertThat(harness.sessions("a")).containsExactly("STARTED start 0");
    }
  }

  @Test
  void aForgottenSequenceLeavesNoTimerBehind() throws Exception {
    try (Harness harness = new Harness(wallClock(Duration.ofHours(1), Duration.ofSeconds(1)))) {
      harness.send(start(event("a", 0, 1)));
      harness.watermark(20_000);
      assertThat(harness.keysKept()).isZero();
      assertThat(harness.clockTimers()).isZero();
    }
  }

  @Test
  void aWallClockTimerEndsNothingAfterTheOptionWasTurnedOff() throws Exception {
    Harness asked = new Harness(wallClock(Duration.ofSeconds(3)));
    asked.clock(0);
    asked.send(start(event("a", 0, 1)));
    OperatorSubtaskState state = asked.snapshot();
    asked.abandon();
    try (Harness harness = new Harness(OPTIONS, "one", state, 1, 0)) {
      harness.clock(5000);
      harness.send(event("a", 1, 2));
      assertThat(harness.sessions("a")).isEmpty();
    }
  }

  @Test
  void theEndOfInputEndsEverySession() throws Exception {
    try (Harness harness = new Harness(OPTIONS)) {
      harness.send(start(event("a", 0, 1)), event("b", 3, 2));
      harness.endInput();
      assertThat(harness.sessions("a")).endsWith("ENDED input-end 1");
      assertThat(harness.sessions("b")).endsWith("ENDED input-end 4");
      assertThat(harness.finals("b")).endsWith("4:-2.0");
    }
  }

  @Test
  void theLastWatermarkEndsSessionsAsTheEndOfInputDoes() throws Exception {
    try (Harness harness = new Harness(OPTIONS)) {
      harness.send(start(event("a", 0, 1)));
      harness.watermark(Long.MAX_VALUE);
      assertThat(harness.sessions("a")).endsWith("ENDED input-end 1");
    }
  }

  @Test
  void duplicatesAreDetectedAfterTheEndUntilTheSequenceIsForgotten() throws Exception {
    try (Harness harness = new Harness(OPTIONS)) {
      harness.send(start(event("a", 0, 1)), end(event("a", 1, 2)));
      harness.watermark(60_001);
      assertThat(harness.keysKept()).isEqualTo(1);
      harness.send(start(event("a", 0, 1)), event("a", 1, 2));
      assertThat(harness.metrics().duplicateEvents.getCount()).isEqualTo(2);
      harness.watermark(60_002);
      assertThat(harness.keysKept()).isZero();
      harness.send(event("a", 1, 2));
      assertThat(harness.sessions("a")).endsWith("ENDED end 2", "STARTED implied 1");
    }
  }

  @Test
  void aRefusedSequenceIsForgottenByAnEventOrByTheWatermark() throws Exception {
    for (boolean byWatermark : new boolean[] {true, false}) {
      try (Harness harness = new Harness(gaps(GapPolicy.DEAD_LETTER))) {
        harness.send(start(event("a", 0, 1)), event("a", 200, 2));
        assertThat(harness.errors()).hasSize(1);
        if (byWatermark) {
          harness.watermark(61_000);
        }
        harness.send(at(62 * SECOND, event("a", 300, 3)));
        assertThat(harness.sessions("a")).endsWith("ENDED gap 1", "STARTED implied 300");
      }
    }
  }

  @Test
  void eventsAfterAnEndBeginAnotherSession() throws Exception {
    try (Harness harness = new Harness(OPTIONS)) {
      harness.send(start(event("a", 0, 1)), end(event("a", 1, 2)), event("a", 1, 2, 3));
      assertThat(harness.sessions("a")).endsWith("ENDED end 2", "STARTED implied 2");
      assertThat(harness.finals("a")).endsWith("2:-3.0", "3:3.0");
      assertThat(harness.sessionEvents("a").get(2).getCaptureTime().toEpochMilli()).isEqualTo(2);
    }
  }
}
