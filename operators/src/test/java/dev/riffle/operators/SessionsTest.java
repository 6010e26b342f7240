package dev.riffle.operators;

import static dev.riffle.operators.Stage.OPTIONS;
import static dev.riffle.operators.Stage.at;
import static dev.riffle.operators.Stage.end;
import static dev.riffle.operators.Stage.event;
import static dev.riffle.operators.Stage.gaps;
import static dev.riffle.operators.Stage.start;
import static dev.riffle.operators.Stage.wallClock;
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
  void aSessionIsToldWhenItStartsAndWhenItEnds() throws Exception {
    try (Stage stage = new Stage(OPTIONS)) {
      stage.send(start(at(5 * SECOND, event("a", 0, 1, 2))), end(event("a", 2)));
      List<SessionEvent> events = stage.sessionEvents("a");
      assertThat(stage.sessions("a")).containsExactly("STARTED start 0", "ENDED end 2");
      assertThat(events.get(0).getCaptureTime().toEpochMilli()).isEqualTo(5000);
      assertThat(events.get(0).getModelVersion()).isEqualTo("sum/1");
      assertThat(stage.metrics().activeSequences).isZero();
    }
  }

  @Test
  void anUnknownSequenceStartsWhereItsFirstEventStands() throws Exception {
    try (Stage stage = new Stage(OPTIONS)) {
      stage.send(event("a", 41, 1), event("a", 42, 2));
      assertThat(stage.sessions("a")).containsExactly("STARTED implied 41");
      assertThat(stage.finals("a")).containsExactly("42:1.0", "43:3.0");
      assertThat(stage.metrics().activeSequences).isEqualTo(1);
    }
  }

  @Test
  void aNewStartEndsTheOpenSession() throws Exception {
    try (Stage stage = new Stage(OPTIONS)) {
      stage.send(start(event("a", 0, 1)), event("a", 2, 3));
      stage.send(start(at(9 * SECOND, event("a", 0, 5))));
      assertThat(stage.finals("a")).containsExactly("1:1.0", "2:1.0", "3:4.0", "3:-4.0", "1:5.0");
      assertThat(stage.sessions("a"))
          .containsExactly("STARTED start 0", "GAP gap 1+1", "ENDED restart 3", "STARTED start 0");
    }
  }

  @Test
  void idlenessIsToldByTheWatermark() throws Exception {
    try (Stage stage = new Stage(OPTIONS)) {
      stage.send(start(event("a", 0, 1, 2)));
      stage.watermark(10_001);
      assertThat(stage.finals("a")).hasSize(2);
      stage.watermark(10_002);
      assertThat(stage.finals("a")).containsExactly("1:1.0", "2:3.0", "2:-3.0");
      assertThat(stage.sessions("a")).containsExactly("STARTED start 0", "ENDED idle 2");
    }
  }

  @Test
  void idlenessIsToldByTheNextEventAsByTheWatermark() throws Exception {
    List<String> byWatermark;
    try (Stage stage = new Stage(OPTIONS)) {
      stage.send(start(event("a", 0, 1, 2)), event("a", 3, 7));
      stage.watermark(11_000);
      stage.send(at(11 * SECOND, event("a", 4, 4)), at(10 * SECOND, event("a", 5, 5)));
      byWatermark = stage.finals("a");
      assertThat(stage.sessions("a"))
          .containsExactly("STARTED start 0", "GAP gap 2+1", "ENDED idle 4", "STARTED implied 4");
    }
    try (Stage stage = new Stage(OPTIONS)) {
      stage.send(start(event("a", 0, 1, 2)), event("a", 3, 7));
      stage.send(at(11 * SECOND, event("a", 4, 4)), at(10 * SECOND, event("a", 5, 5)));
      assertThat(stage.finals("a")).isEqualTo(byWatermark).hasSize(7);
      assertThat(stage.sessions("a"))
          .containsExactly("STARTED start 0", "GAP gap 2+1", "ENDED idle 4", "STARTED implied 4");
    }
  }

  @Test
  void afterIdlenessPositionsCountAnew() throws Exception {
    try (Stage stage = new Stage(OPTIONS)) {
      stage.send(start(event("a", 0, 1, 2)), at(11 * SECOND, event("a", 0, 3)));
      assertThat(stage.finals("a")).containsExactly("1:1.0", "2:3.0", "2:-3.0", "1:3.0");
      assertThat(stage.sessions("a")).endsWith("ENDED idle 2", "STARTED implied 0");
    }
  }

  @Test
  void anEventKeepsTheSessionFromIdling() throws Exception {
    try (Stage stage = new Stage(OPTIONS)) {
      stage.send(start(event("a", 0, 1)), at(9 * SECOND, event("a", 1, 2)));
      stage.watermark(18_000);
      assertThat(stage.sessions("a")).containsExactly("STARTED start 0");
      stage.send(at(18 * SECOND, event("a", 2)), at(27 * SECOND, event("a", 2, 3)));
      assertThat(stage.finals("a")).containsExactly("1:1.0", "2:3.0", "3:6.0");
    }
  }

  @Test
  void theWallClockEndsASessionOnlyWhereItIsAskedTo() throws Exception {
    try (Stage stage = new Stage(wallClock(Duration.ofSeconds(3)))) {
      stage.clock(0);
      stage.send(start(event("a", 0, 1)));
      stage.clock(2000);
      stage.send(event("a", 1, 2));
      stage.clock(4999);
      assertThat(stage.finals("a")).hasSize(2);
      stage.clock(5000);
      assertThat(stage.finals("a")).containsExactly("1:1.0", "2:3.0", "2:-3.0");
      assertThat(stage.sessions("a")).endsWith("ENDED idle 2");
    }
    try (Stage stage = new Stage(OPTIONS)) {
      stage.send(start(event("a", 0, 1)));
      stage.clock(1_000_000);
      assertThat(stage.sessions("a")).containsExactly("STARTED start 0");
    }
  }

  @Test
  void aForgottenSequenceLeavesNoTimerBehind() throws Exception {
    try (Stage stage = new Stage(wallClock(Duration.ofHours(1), Duration.ofSeconds(1)))) {
      stage.send(start(event("a", 0, 1)));
      stage.watermark(20_000);
      assertThat(stage.keysKept()).isZero();
      assertThat(stage.clockTimers()).isZero();
    }
  }

  @Test
  void aClockThatIsNoLongerAskedEndsNothing() throws Exception {
    Stage asked = new Stage(wallClock(Duration.ofSeconds(3)));
    asked.clock(0);
    asked.send(start(event("a", 0, 1)));
    OperatorSubtaskState state = asked.snapshot();
    asked.abandon();
    try (Stage stage = new Stage(OPTIONS, "one", state, 1, 0)) {
      stage.clock(5000);
      stage.send(event("a", 1, 2));
      assertThat(stage.sessions("a")).isEmpty();
    }
  }

  @Test
  void theEndOfInputEndsEverySession() throws Exception {
    try (Stage stage = new Stage(OPTIONS)) {
      stage.send(start(event("a", 0, 1)), event("b", 3, 2));
      stage.endInput();
      assertThat(stage.sessions("a")).endsWith("ENDED input-end 1");
      assertThat(stage.sessions("b")).endsWith("ENDED input-end 4");
      assertThat(stage.finals("b")).endsWith("4:-2.0");
    }
  }

  @Test
  void theLastWatermarkEndsSessionsAsTheEndOfInputDoes() throws Exception {
    try (Stage stage = new Stage(OPTIONS)) {
      stage.send(start(event("a", 0, 1)));
      stage.watermark(Long.MAX_VALUE);
      assertThat(stage.sessions("a")).endsWith("ENDED input-end 1");
    }
  }

  @Test
  void anEndedSequenceTellsDuplicatesApartUntilItIsForgotten() throws Exception {
    try (Stage stage = new Stage(OPTIONS)) {
      stage.send(start(event("a", 0, 1)), end(event("a", 1, 2)));
      stage.watermark(60_001);
      assertThat(stage.keysKept()).isEqualTo(1);
      stage.send(start(event("a", 0, 1)), event("a", 1, 2));
      assertThat(stage.metrics().duplicateEvents.getCount()).isEqualTo(2);
      stage.watermark(60_002);
      assertThat(stage.keysKept()).isZero();
      stage.send(event("a", 1, 2));
      assertThat(stage.sessions("a")).endsWith("ENDED end 2", "STARTED implied 1");
    }
  }

  @Test
  void aRefusedSequenceIsForgottenByItsOwnEventAsByTheWatermark() throws Exception {
    for (boolean byWatermark : new boolean[] {true, false}) {
      try (Stage stage = new Stage(gaps(GapPolicy.DEAD_LETTER))) {
        stage.send(start(event("a", 0, 1)), event("a", 200, 2));
        assertThat(stage.errors()).hasSize(1);
        if (byWatermark) {
          stage.watermark(61_000);
        }
        stage.send(at(62 * SECOND, event("a", 300, 3)));
        assertThat(stage.sessions("a")).endsWith("ENDED gap 1", "STARTED implied 300");
      }
    }
  }

  @Test
  void whatFollowsAnEndBeginsAnotherSession() throws Exception {
    try (Stage stage = new Stage(OPTIONS)) {
      stage.send(start(event("a", 0, 1)), end(event("a", 1, 2)), event("a", 1, 2, 3));
      assertThat(stage.sessions("a")).endsWith("ENDED end 2", "STARTED implied 2");
      assertThat(stage.finals("a")).endsWith("2:-3.0", "3:3.0");
      assertThat(stage.sessionEvents("a").get(2).getCaptureTime().toEpochMilli()).isEqualTo(2);
    }
  }
}
