package dev.riffle.operators;

import static dev.riffle.operators.Harness.OPTIONS;
import static dev.riffle.operators.Harness.at;
import static dev.riffle.operators.Harness.end;
import static dev.riffle.operators.Harness.event;
import static dev.riffle.operators.Harness.gaps;
import static dev.riffle.operators.Harness.start;
import static org.assertj.core.api.Assertions.assertThat;

import dev.riffle.schemas.record.SessionEvent;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Steps that arrive twice, overlap, arrive early, late or never. */
@SuppressWarnings("try")
class OrderTest {
  @Test
  void stepsInOrderArePredictedOnBothOutputs() throws Exception {
    try (Harness harness = new Harness(OPTIONS)) {
      harness.send(start(event("a", 0, 1, 2)), event("b", 7, 5), end(event("a", 2, 3)));
      assertThat(harness.finals("a")).containsExactly("1:1.0", "2:3.0", "3:6.0", "3:-6.0");
      assertThat(harness.finals("b")).containsExactly("8:5.0");
      assertThat(harness.previews("a")).isEqualTo(harness.finals("a"));
      assertThat(harness.metrics().inferenceRequests.getCount()).isEqualTo(3);
    }
  }

  @Test
  void anEventWithoutNewStepsIsDroppedAndCounted() throws Exception {
    try (Harness harness = new Harness(OPTIONS)) {
      harness.send(start(event("a", 0, 1, 2, 3)), event("a", 0, 1, 2), event("a", 1, 2, 3));
      harness.send(end(event("a", 3, 4)), event("a", 2, 3), event("a", 3, 4));
      assertThat(harness.finals("a"))
          .containsExactly("1:1.0", "2:3.0", "3:6.0", "4:10.0", "4:-10.0");
      assertThat(harness.sessions("a")).containsExactly("STARTED start 0", "ENDED end 4");
      assertThat(harness.sessionEvents("a").get(1).getDuplicates()).isEqualTo(2);
      assertThat(harness.metrics().duplicateEvents.getCount()).isEqualTo(4);
      assertThat(harness.errors()).isEmpty();
    }
  }

  @Test
  void aRepeatedStartIsADuplicate() throws Exception {
    try (Harness harness = new Harness(OPTIONS)) {
      harness.send(start(event("a", 0, 1)), event("a", 1, 2), start(event("a", 0, 1)));
      harness.send(event("a", 2, 3));
      assertThat(harness.finals("a")).containsExactly("1:1.0", "2:3.0", "3:6.0");
      assertThat(harness.metrics().duplicateEvents.getCount()).isEqualTo(1);
    }
  }

  @Test
  void anOverlapIsTrimmedAndCounted() throws Exception {
    try (Harness harness = new Harness(OPTIONS)) {
      harness.send(start(event("a", 0, 1, 2, 3)), event("a", 1, 2, 3, 4, 5), end(event("a", 5)));
      assertThat(harness.finals("a"))
          .containsExactly("1:1.0", "2:3.0", "3:6.0", "4:10.0", "5:15.0", "5:-15.0");
      assertThat(harness.sessionEvents("a").get(1).getTrimmedSteps()).isEqualTo(2);
      assertThat(harness.metrics().trimmedSteps.getCount()).isEqualTo(2);
    }
  }

  @Test
  void anEndThatRepeatsConsumedStepsStillEnds() throws Exception {
    try (Harness harness = new Harness(OPTIONS)) {
      harness.send(start(event("a", 0, 1, 2)), end(event("a", 1, 2)));
      assertThat(harness.finals("a")).containsExactly("1:1.0", "2:3.0", "2:-3.0");
      assertThat(harness.sessions("a")).endsWith("ENDED end 2");
    }
  }

  @Test
  void anEarlyEventIsBufferedUntilTheMissingOneArrives() throws Exception {
    try (Harness harness = new Harness(OPTIONS)) {
      harness.send(start(event("a", 0, 1)), event("a", 3, 4), event("a", 2, 3));
      assertThat(harness.finals("a")).containsExactly("1:1.0");
      harness.send(event("a", 1, 2));
      assertThat(harness.finals("a")).containsExactly("1:1.0", "2:3.0", "3:6.0", "4:10.0");
      assertThat(harness.metrics().gaps.getCount()).isZero();
    }
  }

  @Test
  void bufferedEventsThatOverlapAreTrimmedOnRelease() throws Exception {
    try (Harness harness = new Harness(OPTIONS)) {
      harness.send(start(event("a", 0, 1)), event("a", 2, 3, 4), event("a", 2, 3));
      harness.send(event("a", 3, 4, 5), event("a", 1, 2, 3));
      assertThat(harness.finals("a"))
          .containsExactly("1:1.0", "2:3.0", "3:6.0", "4:10.0", "5:15.0");
      assertThat(harness.metrics().duplicateEvents.getCount()).isEqualTo(1);
      assertThat(harness.metrics().trimmedSteps.getCount()).isEqualTo(2);
    }
  }

  @Test
  void ofTwoEarlyEventsAtOnePositionTheLongerIsBuffered() throws Exception {
    try (Harness harness = new Harness(OPTIONS)) {
      harness.send(
          start(event("a", 0, 1)), event("a", 2, 3), event("a", 2, 3, 4), event("a", 2, 3));
      harness.send(event("a", 1, 2));
      assertThat(harness.finals("a")).containsExactly("1:1.0", "2:3.0", "3:6.0", "4:10.0");
      assertThat(harness.metrics().duplicateEvents.getCount()).isEqualTo(2);
    }
  }

  @Test
  void moreEarlyEventsThanTheBoundGiveTheMissingStepsUp() throws Exception {
    try (Harness harness = new Harness(OPTIONS)) {
      harness.send(start(event("a", 0, 1)));
      harness.send(event("a", 2, 3), event("a", 4, 5), event("a", 5, 6));
      assertThat(harness.finals("a")).containsExactly("1:1.0");
      harness.send(event("a", 6, 7));
      assertThat(harness.finals("a")).containsExactly("1:1.0", "2:1.0", "3:4.0");
      harness.send(event("a", 3, 4));
      assertThat(harness.finals("a")).endsWith("4:8.0", "5:13.0", "6:19.0", "7:26.0");
      assertThat(harness.sessions("a")).containsExactly("STARTED start 0", "GAP gap 1+1");
      assertThat(harness.metrics().gaps.getCount()).isEqualTo(1);
    }
  }

  @Test
  void moreMissingStepsThanTheBoundAreGivenUpAtOnce() throws Exception {
    try (Harness harness = new Harness(gaps(GapPolicy.RESET))) {
      harness.send(start(event("a", 0, 1)), event("a", 101, 5));
      assertThat(harness.finals("a")).containsExactly("1:1.0");
      harness.send(event("a", 102, 6));
      assertThat(harness.finals("a")).containsExactly("1:1.0", "1:-1.0", "102:5.0", "103:11.0");
    }
  }

  @Test
  void theWatermarkGivesMissingStepsUp() throws Exception {
    try (Harness harness = new Harness(OPTIONS)) {
      harness.send(start(event("a", 0, 1)), event("a", 2, 3));
      harness.watermark(1001);
      assertThat(harness.finals("a")).containsExactly("1:1.0");
      harness.watermark(1002);
      assertThat(harness.finals("a")).containsExactly("1:1.0", "2:1.0", "3:4.0");
    }
  }

  @Test
  void anEventOfTheSequenceGivesMissingStepsUpLikeTheWatermark() throws Exception {
    try (Harness harness = new Harness(OPTIONS)) {
      harness.send(start(event("a", 0, 1)), event("a", 2, 3));
      harness.send(at(1_002_000, event("a", 4, 5)));
      assertThat(harness.finals("a")).containsExactly("1:1.0");
      harness.send(at(1_002_001, event("a", 5, 6)));
      assertThat(harness.finals("a")).containsExactly("1:1.0", "2:1.0", "3:4.0");
      harness.send(at(3000, event("a", 3, 4)));
      assertThat(harness.finals("a")).endsWith("4:8.0", "5:13.0", "6:19.0");
    }
  }

  @Test
  void theLastEventGivesMissingStepsUpAtOnce() throws Exception {
    try (Harness harness = new Harness(OPTIONS)) {
      harness.send(start(event("a", 0, 1)), event("a", 2, 3), end(event("a", 4, 5)));
      assertThat(harness.finals("a"))
          .containsExactly("1:1.0", "2:1.0", "3:4.0", "4:4.0", "5:9.0", "5:-9.0");
      assertThat(harness.sessions("a"))
          .containsExactly("STARTED start 0", "GAP gap 1+1", "GAP gap 3+1", "ENDED end 5");
    }
  }

  @Test
  void theEndOfInputGivesMissingStepsUp() throws Exception {
    try (Harness harness = new Harness(OPTIONS)) {
      harness.send(start(event("a", 0, 1)), event("a", 2, 3));
      harness.endInput();
      assertThat(harness.finals("a")).containsExactly("1:1.0", "2:1.0", "3:4.0", "3:-4.0");
      assertThat(harness.sessions("a"))
          .containsExactly("STARTED start 0", "GAP gap 1+1", "ENDED input-end 3");
    }
  }

  @Test
  void fillReplacesMissingStepsByZerosAndCountsThem() throws Exception {
    try (Harness harness = new Harness(gaps(GapPolicy.FILL))) {
      harness.send(start(event("a", 0, 1)), event("a", 3, 4));
      harness.watermark(2000);
      harness.send(end(event("a", 4)));
      assertThat(harness.finals("a")).containsExactly("1:1.0", "2:1.0", "3:1.0", "4:5.0", "4:-5.0");
      SessionEvent gap = harness.sessionEvents("a").get(1);
      assertThat(gap.getCaptureTime().toEpochMilli()).isEqualTo(1);
      assertThat(harness.sessionEvents("a").get(2).getFilledSteps()).isEqualTo(2);
      assertThat(harness.metrics().filledSteps.getCount()).isEqualTo(2);
    }
  }

  @Test
  void aGapThatIsTooLargeToFillResets() throws Exception {
    try (Harness harness = new Harness(gaps(GapPolicy.FILL))) {
      harness.send(start(event("a", 0, 1)), event("a", 52, 4));
      harness.watermark(2000);
      assertThat(harness.finals("a")).containsExactly("1:1.0", "1:-1.0", "53:4.0");
      assertThat(harness.sessions("a"))
          .containsExactly("STARTED start 0", "GAP gap 1+51", "ENDED gap 1", "STARTED gap 52");
    }
  }

  @Test
  void resetEndsTheSessionAndBeginsAnotherAfterTheGap() throws Exception {
    try (Harness harness = new Harness(gaps(GapPolicy.RESET))) {
      harness.send(start(event("a", 0, 1)), event("a", 3, 4));
      harness.watermark(2000);
      harness.send(event("a", 4, 1));
      assertThat(harness.finals("a")).containsExactly("1:1.0", "1:-1.0", "4:4.0", "5:5.0");
      assertThat(harness.sessions("a"))
          .containsExactly("STARTED start 0", "GAP gap 1+2", "ENDED gap 1", "STARTED gap 3");
    }
  }

  @Test
  void afterAGapTheDeadLetterPolicyRefusesAllUntilTheNextStart() throws Exception {
    try (Harness harness = new Harness(gaps(GapPolicy.DEAD_LETTER))) {
      harness.send(start(event("a", 0, 1)), event("a", 3, 4));
      harness.watermark(2000);
      harness.send(event("a", 4, 5), start(at(9_000, event("a", 0, 7))), event("a", 1, 8));
      assertThat(harness.finals("a")).containsExactly("1:1.0", "1:-1.0", "1:7.0", "2:15.0");
      assertThat(harness.sessions("a"))
          .containsExactly("STARTED start 0", "GAP gap 1+2", "ENDED gap 1", "STARTED start 0");
      assertThat(harness.deadLetters())
          .extracting(l -> l.getSourceOffset())
          .containsExactly(3L, 4L);
      assertThat(harness.errors().get(0)).contains("Begin the sequence again with sequence_start");
    }
  }

  @Test
  void anEventThatArrivesAfterItWasGivenUpIsALateDeadLetter() throws Exception {
    for (GapPolicy policy : new GapPolicy[] {GapPolicy.FILL, GapPolicy.RESET}) {
      try (Harness harness = new Harness(gaps(policy))) {
        harness.send(start(event("a", 0, 1)), event("a", 3, 4));
        harness.watermark(2000);
        harness.send(event("a", 1, 2), event("a", 0, 1));
        assertThat(harness.metrics().lateEvents.getCount()).isEqualTo(1);
        assertThat(harness.metrics().duplicateEvents.getCount()).isEqualTo(1);
        assertThat(harness.errors()).hasSize(1);
        assertThat(harness.errors().get(0))
            .contains("Steps 1 to 2 arrived after")
            .contains("Raise max");
      }
    }
  }

  @Test
  void anEarlyEventOfAnEarlierSessionIsRefused() throws Exception {
    try (Harness harness = new Harness(OPTIONS)) {
      harness.send(start(at(0, event("a", 0, 1))), start(at(5_000_000, event("a", 0, 2))));
      harness.send(at(4_000_000, event("a", 4, 9)), at(5_001_000, event("a", 1, 3)));
      assertThat(harness.finals("a")).containsExactly("1:1.0", "1:-1.0", "1:2.0", "2:5.0");
      assertThat(harness.errors().get(0)).contains("belongs to an earlier session of this id");
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
    Harness harness = new Harness(none);
    harness.send(start(event("a", 0, 1)), event("a", 2, 3), event("a", 3, 4));
    assertThat(harness.finals("a")).containsExactly("1:1.0", "2:1.0", "3:4.0", "4:8.0");
    harness.endInput();
    assertThat(harness.sessions("a")).endsWith("ENDED input-end 4");
    assertThat(harness.keysKept()).as("zero ttl forgets never").isEqualTo(1);
    harness.abandon();
  }

  @Test
  void eventsBufferedBeyondTheEndBeginAnotherSession() throws Exception {
    try (Harness harness = new Harness(OPTIONS)) {
      harness.send(start(event("a", 0, 1)), event("a", 3, 4), end(event("a", 1, 2)));
      assertThat(harness.finals("a")).containsExactly("1:1.0", "2:3.0", "2:-3.0", "4:4.0");
      assertThat(harness.sessions("a"))
          .containsExactly("STARTED start 0", "ENDED end 2", "STARTED implied 3");
    }
  }
}
