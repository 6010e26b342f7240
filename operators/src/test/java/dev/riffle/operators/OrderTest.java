package dev.riffle.operators;

import static dev.riffle.operators.Stage.OPTIONS;
import static dev.riffle.operators.Stage.at;
import static dev.riffle.operators.Stage.end;
import static dev.riffle.operators.Stage.event;
import static dev.riffle.operators.Stage.gaps;
import static dev.riffle.operators.Stage.start;
import static org.assertj.core.api.Assertions.assertThat;

import dev.riffle.schemas.record.SessionEvent;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Steps that come twice, overlap, come early, come late or never come. */
@SuppressWarnings("try")
class OrderTest {
  @Test
  void stepsInOrderAreAnsweredOnBothLanes() throws Exception {
    try (Stage stage = new Stage(OPTIONS)) {
      stage.send(start(event("a", 0, 1, 2)), event("b", 7, 5), end(event("a", 2, 3)));
      assertThat(stage.finals("a")).containsExactly("1:1.0", "2:3.0", "3:6.0", "3:-6.0");
      assertThat(stage.finals("b")).containsExactly("8:5.0");
      assertThat(stage.previews("a")).isEqualTo(stage.finals("a"));
      assertThat(stage.metrics().inferenceRequests.getCount()).isEqualTo(3);
    }
  }

  @Test
  void aWhollyKnownEventIsDroppedAndCounted() throws Exception {
    try (Stage stage = new Stage(OPTIONS)) {
      stage.send(start(event("a", 0, 1, 2, 3)), event("a", 0, 1, 2), event("a", 1, 2, 3));
      stage.send(end(event("a", 3, 4)), event("a", 2, 3), event("a", 3, 4));
      assertThat(stage.finals("a")).containsExactly("1:1.0", "2:3.0", "3:6.0", "4:10.0", "4:-10.0");
      assertThat(stage.sessions("a")).containsExactly("STARTED start 0", "ENDED end 4");
      assertThat(stage.sessionEvents("a").get(1).getDuplicates()).isEqualTo(2);
      assertThat(stage.metrics().duplicateEvents.getCount()).isEqualTo(4);
      assertThat(stage.errors()).isEmpty();
    }
  }

  @Test
  void aRepeatedStartIsADuplicate() throws Exception {
    try (Stage stage = new Stage(OPTIONS)) {
      stage.send(start(event("a", 0, 1)), event("a", 1, 2), start(event("a", 0, 1)));
      stage.send(event("a", 2, 3));
      assertThat(stage.finals("a")).containsExactly("1:1.0", "2:3.0", "3:6.0");
      assertThat(stage.metrics().duplicateEvents.getCount()).isEqualTo(1);
    }
  }

  @Test
  void anOverlapIsTrimmedAndCounted() throws Exception {
    try (Stage stage = new Stage(OPTIONS)) {
      stage.send(start(event("a", 0, 1, 2, 3)), event("a", 1, 2, 3, 4, 5), end(event("a", 5)));
      assertThat(stage.finals("a"))
          .containsExactly("1:1.0", "2:3.0", "3:6.0", "4:10.0", "5:15.0", "5:-15.0");
      assertThat(stage.sessionEvents("a").get(1).getTrimmedSteps()).isEqualTo(2);
      assertThat(stage.metrics().trimmedSteps.getCount()).isEqualTo(2);
    }
  }

  @Test
  void anEndThatRepeatsKnownStepsStillEnds() throws Exception {
    try (Stage stage = new Stage(OPTIONS)) {
      stage.send(start(event("a", 0, 1, 2)), end(event("a", 1, 2)));
      assertThat(stage.finals("a")).containsExactly("1:1.0", "2:3.0", "2:-3.0");
      assertThat(stage.sessions("a")).endsWith("ENDED end 2");
    }
  }

  @Test
  void anEarlyEventIsHeldUntilTheMissingOneComes() throws Exception {
    try (Stage stage = new Stage(OPTIONS)) {
      stage.send(start(event("a", 0, 1)), event("a", 3, 4), event("a", 2, 3));
      assertThat(stage.finals("a")).containsExactly("1:1.0");
      stage.send(event("a", 1, 2));
      assertThat(stage.finals("a")).containsExactly("1:1.0", "2:3.0", "3:6.0", "4:10.0");
      assertThat(stage.metrics().gaps.getCount()).isZero();
    }
  }

  @Test
  void heldEventsThatOverlapAreTrimmedWhenTheyFit() throws Exception {
    try (Stage stage = new Stage(OPTIONS)) {
      stage.send(start(event("a", 0, 1)), event("a", 2, 3, 4), event("a", 2, 3));
      stage.send(event("a", 3, 4, 5), event("a", 1, 2, 3));
      assertThat(stage.finals("a")).containsExactly("1:1.0", "2:3.0", "3:6.0", "4:10.0", "5:15.0");
      assertThat(stage.metrics().duplicateEvents.getCount()).isEqualTo(1);
      assertThat(stage.metrics().trimmedSteps.getCount()).isEqualTo(2);
    }
  }

  @Test
  void ofTwoEarlyEventsAtOnePlaceTheLongerIsKept() throws Exception {
    try (Stage stage = new Stage(OPTIONS)) {
      stage.send(start(event("a", 0, 1)), event("a", 2, 3), event("a", 2, 3, 4), event("a", 2, 3));
      stage.send(event("a", 1, 2));
      assertThat(stage.finals("a")).containsExactly("1:1.0", "2:3.0", "3:6.0", "4:10.0");
      assertThat(stage.metrics().duplicateEvents.getCount()).isEqualTo(2);
    }
  }

  @Test
  void moreEarlyEventsThanTheBoundGiveTheMissingStepsUp() throws Exception {
    try (Stage stage = new Stage(OPTIONS)) {
      stage.send(start(event("a", 0, 1)));
      stage.send(event("a", 2, 3), event("a", 4, 5), event("a", 5, 6));
      assertThat(stage.finals("a")).containsExactly("1:1.0");
      stage.send(event("a", 6, 7));
      assertThat(stage.finals("a")).containsExactly("1:1.0", "2:1.0", "3:4.0");
      stage.send(event("a", 3, 4));
      assertThat(stage.finals("a")).endsWith("4:8.0", "5:13.0", "6:19.0", "7:26.0");
      assertThat(stage.sessions("a")).containsExactly("STARTED start 0", "GAP gap 1+1");
      assertThat(stage.metrics().gaps.getCount()).isEqualTo(1);
    }
  }

  @Test
  void moreMissingStepsThanTheBoundAreGivenUpAtOnce() throws Exception {
    try (Stage stage = new Stage(gaps(GapPolicy.RESET))) {
      stage.send(start(event("a", 0, 1)), event("a", 101, 5));
      assertThat(stage.finals("a")).containsExactly("1:1.0");
      stage.send(event("a", 102, 6));
      assertThat(stage.finals("a")).containsExactly("1:1.0", "1:-1.0", "102:5.0", "103:11.0");
    }
  }

  @Test
  void theWatermarkGivesMissingStepsUp() throws Exception {
    try (Stage stage = new Stage(OPTIONS)) {
      stage.send(start(event("a", 0, 1)), event("a", 2, 3));
      stage.watermark(1001);
      assertThat(stage.finals("a")).containsExactly("1:1.0");
      stage.watermark(1002);
      assertThat(stage.finals("a")).containsExactly("1:1.0", "2:1.0", "3:4.0");
    }
  }

  @Test
  void anEventOfTheSequenceGivesMissingStepsUpAsTheWatermarkWould() throws Exception {
    try (Stage stage = new Stage(OPTIONS)) {
      stage.send(start(event("a", 0, 1)), event("a", 2, 3));
      stage.send(at(1_002_000, event("a", 4, 5)));
      assertThat(stage.finals("a")).containsExactly("1:1.0");
      stage.send(at(1_002_001, event("a", 5, 6)));
      assertThat(stage.finals("a")).containsExactly("1:1.0", "2:1.0", "3:4.0");
      stage.send(at(3000, event("a", 3, 4)));
      assertThat(stage.finals("a")).endsWith("4:8.0", "5:13.0", "6:19.0");
    }
  }

  @Test
  void theLastEventGivesMissingStepsUpAtOnce() throws Exception {
    try (Stage stage = new Stage(OPTIONS)) {
      stage.send(start(event("a", 0, 1)), event("a", 2, 3), end(event("a", 4, 5)));
      assertThat(stage.finals("a"))
          .containsExactly("1:1.0", "2:1.0", "3:4.0", "4:4.0", "5:9.0", "5:-9.0");
      assertThat(stage.sessions("a"))
          .containsExactly("STARTED start 0", "GAP gap 1+1", "GAP gap 3+1", "ENDED end 5");
    }
  }

  @Test
  void theEndOfInputGivesMissingStepsUp() throws Exception {
    try (Stage stage = new Stage(OPTIONS)) {
      stage.send(start(event("a", 0, 1)), event("a", 2, 3));
      stage.endInput();
      assertThat(stage.finals("a")).containsExactly("1:1.0", "2:1.0", "3:4.0", "3:-4.0");
      assertThat(stage.sessions("a"))
          .containsExactly("STARTED start 0", "GAP gap 1+1", "ENDED input-end 3");
    }
  }

  @Test
  void fillPutsZerosWhereStepsAreMissingAndCountsThem() throws Exception {
    try (Stage stage = new Stage(gaps(GapPolicy.FILL))) {
      stage.send(start(event("a", 0, 1)), event("a", 3, 4));
      stage.watermark(2000);
      stage.send(end(event("a", 4)));
      assertThat(stage.finals("a")).containsExactly("1:1.0", "2:1.0", "3:1.0", "4:5.0", "4:-5.0");
      SessionEvent gap = stage.sessionEvents("a").get(1);
      assertThat(gap.getCaptureTime().toEpochMilli()).isEqualTo(1);
      assertThat(stage.sessionEvents("a").get(2).getFilledSteps()).isEqualTo(2);
      assertThat(stage.metrics().filledSteps.getCount()).isEqualTo(2);
    }
  }

  @Test
  void aGapThatIsTooLargeToFillResets() throws Exception {
    try (Stage stage = new Stage(gaps(GapPolicy.FILL))) {
      stage.send(start(event("a", 0, 1)), event("a", 52, 4));
      stage.watermark(2000);
      assertThat(stage.finals("a")).containsExactly("1:1.0", "1:-1.0", "53:4.0");
      assertThat(stage.sessions("a"))
          .containsExactly("STARTED start 0", "GAP gap 1+51", "ENDED gap 1", "STARTED gap 52");
    }
  }

  @Test
  void resetEndsTheSessionAndBeginsAnotherWhereTheStepsGoOn() throws Exception {
    try (Stage stage = new Stage(gaps(GapPolicy.RESET))) {
      stage.send(start(event("a", 0, 1)), event("a", 3, 4));
      stage.watermark(2000);
      stage.send(event("a", 4, 1));
      assertThat(stage.finals("a")).containsExactly("1:1.0", "1:-1.0", "4:4.0", "5:5.0");
      assertThat(stage.sessions("a"))
          .containsExactly("STARTED start 0", "GAP gap 1+2", "ENDED gap 1", "STARTED gap 3");
    }
  }

  @Test
  void afterAGapTheDeadLetterPolicyRefusesAllUntilTheNextStart() throws Exception {
    try (Stage stage = new Stage(gaps(GapPolicy.DEAD_LETTER))) {
      stage.send(start(event("a", 0, 1)), event("a", 3, 4));
      stage.watermark(2000);
      stage.send(event("a", 4, 5), start(at(9_000, event("a", 0, 7))), event("a", 1, 8));
      assertThat(stage.finals("a")).containsExactly("1:1.0", "1:-1.0", "1:7.0", "2:15.0");
      assertThat(stage.sessions("a"))
          .containsExactly("STARTED start 0", "GAP gap 1+2", "ENDED gap 1", "STARTED start 0");
      assertThat(stage.letters()).extracting(l -> l.getSourceOffset()).containsExactly(3L, 4L);
      assertThat(stage.errors().get(0)).contains("Begin the sequence again with sequence_start");
    }
  }

  @Test
  void whatComesAfterItWasGivenUpIsALateDeadLetter() throws Exception {
    for (GapPolicy policy : new GapPolicy[] {GapPolicy.FILL, GapPolicy.RESET}) {
      try (Stage stage = new Stage(gaps(policy))) {
        stage.send(start(event("a", 0, 1)), event("a", 3, 4));
        stage.watermark(2000);
        stage.send(event("a", 1, 2), event("a", 0, 1));
        assertThat(stage.metrics().lateEvents.getCount()).isEqualTo(1);
        assertThat(stage.metrics().duplicateEvents.getCount()).isEqualTo(1);
        assertThat(stage.errors()).hasSize(1);
        assertThat(stage.errors().get(0)).contains("Steps 1 to 2 came after").contains("Raise max");
      }
    }
  }

  @Test
  void anEarlyEventOfAnEarlierSessionIsRefused() throws Exception {
    try (Stage stage = new Stage(OPTIONS)) {
      stage.send(start(at(0, event("a", 0, 1))), start(at(5_000_000, event("a", 0, 2))));
      stage.send(at(4_000_000, event("a", 4, 9)), at(5_001_000, event("a", 1, 3)));
      assertThat(stage.finals("a")).containsExactly("1:1.0", "1:-1.0", "1:2.0", "2:5.0");
      assertThat(stage.errors().get(0)).contains("belongs to an earlier session of this id");
    }
  }

  @Test
  void withoutABufferEveryGapIsGivenUpAtOnce() throws Exception {
    SequenceOptions none =
        new SequenceOptions(
            1,
            Duration.ZERO,
            0,
            0,
            0,
            Duration.ZERO,
            GapPolicy.FILL,
            50,
            Duration.ZERO,
            Duration.ZERO,
            Duration.ZERO,
            StatePolicy.REFUSE);
    Stage stage = new Stage(none);
    stage.send(start(event("a", 0, 1)), event("a", 2, 3), event("a", 3, 4));
    assertThat(stage.finals("a")).containsExactly("1:1.0", "2:1.0", "3:4.0", "4:8.0");
    stage.endInput();
    assertThat(stage.sessions("a")).endsWith("ENDED input-end 4");
    assertThat(stage.keysKept()).as("zero ttl forgets never").isEqualTo(1);
    stage.abandon();
  }

  @Test
  void eventsHeldBeyondTheEndBeginASessionOfTheirOwn() throws Exception {
    try (Stage stage = new Stage(OPTIONS)) {
      stage.send(start(event("a", 0, 1)), event("a", 3, 4), end(event("a", 1, 2)));
      assertThat(stage.finals("a")).containsExactly("1:1.0", "2:3.0", "2:-3.0", "4:4.0");
      assertThat(stage.sessions("a"))
          .containsExactly("STARTED start 0", "ENDED end 2", "STARTED implied 3");
    }
  }
}
