package dev.riffle.operators;

import static dev.riffle.operators.Harness.OPTIONS;
import static dev.riffle.operators.Harness.at;
import static dev.riffle.operators.Harness.end;
import static dev.riffle.operators.Harness.event;
import static dev.riffle.operators.Harness.gaps;
import static dev.riffle.operators.Harness.start;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Only steps that were computed before are duplicates; any other unusable event is a dead letter.
 */
@SuppressWarnings("try")
class NothingVanishesTest {
  private static final long SECOND = 1_000_000;

  private static List<Long> offsets(Harness harness) {
    List<Long> offsets = new ArrayList<>();
    harness.deadLetters().forEach(letter -> offsets.add(letter.getSourceOffset()));
    return offsets;
  }

  @ParameterizedTest
  @EnumSource(
      value = GapPolicy.class,
      names = {"FILL", "RESET"})
  void anEventThatIsLateForAnyGapIsADeadLetter(GapPolicy policy) throws Exception {
    try (Harness harness = new Harness(gaps(policy))) {
      harness.send(start(event("a", 0, 1)), event("a", 2, 3), event("a", 4, 5));
      harness.watermark(2000);
      harness.send(event("a", 1, 2), event("a", 3, 4), event("a", 2, 3), event("a", 0, 1));
      assertThat(offsets(harness)).containsExactly(1L, 3L);
      assertThat(harness.metrics().lateEvents.getCount()).isEqualTo(2);
      assertThat(harness.metrics().duplicateEvents.getCount()).isEqualTo(2);
    }
  }

  @Test
  void howeverManyGapsThereAreTheirLateEventsAreDeadLetters() throws Exception {
    int gaps = 100;
    try (Harness harness = new Harness(gaps(GapPolicy.FILL))) {
      harness.send(start(event("a", 0, 1)));
      for (int i = 1; i <= gaps; i++) {
        harness.send(event("a", 2L * i, 1), event("a", 2L * i + 200, 1));
        harness.watermark(2000 + i);
      }
      int before = harness.deadLetters().size();
      for (int i = 1; i <= gaps; i++) {
        harness.send(event("a", 2 * i - 1, 1));
      }
      assertThat(harness.deadLetters()).hasSize(before + gaps);
    }
  }

  @Test
  void stepsBeforeTheFirstEventOfAnUnseenSequenceAreLate() throws Exception {
    try (Harness harness = new Harness(OPTIONS)) {
      harness.send(event("a", 2, 3), event("a", 0, 1, 2), event("a", 2, 3), event("a", 3, 4));
      assertThat(harness.finals("a")).containsExactly("3:3.0", "4:7.0");
      assertThat(offsets(harness)).containsExactly(0L);
      assertThat(harness.metrics().duplicateEvents.getCount()).isEqualTo(1);
    }
  }

  @Test
  void stepsBetweenAnEndAndTheNextSessionAreLate() throws Exception {
    try (Harness harness = new Harness(OPTIONS)) {
      harness.send(start(event("a", 0, 1)), end(event("a", 1, 2)), event("a", 4, 5));
      harness.send(event("a", 3, 4), event("a", 1, 2));
      assertThat(harness.sessions("a")).endsWith("ENDED end 2", "STARTED implied 4");
      assertThat(offsets(harness)).containsExactly(3L);
      assertThat(harness.metrics().duplicateEvents.getCount()).isEqualTo(1);
    }
  }

  @Test
  void aLateEventOfAnEarlierSessionIsNoDuplicateOfThisOne() throws Exception {
    try (Harness harness = new Harness(OPTIONS)) {
      harness.send(start(at(0, event("a", 0, 1))));
      harness.send(start(at(5 * SECOND, event("a", 0, 1, 2, 3))));
      harness.send(at(1000, event("a", 1, 9)), at(5 * SECOND + 1000, event("a", 1, 2)));
      assertThat(offsets(harness)).containsExactly(1L);
      assertThat(harness.errors().get(0)).contains("belongs to an earlier session of this id");
      assertThat(harness.metrics().duplicateEvents.getCount()).isEqualTo(1);
    }
  }

  @Test
  void anEndWithoutStepsDoesNotReplaceBufferedStepsAtItsPosition() throws Exception {
    try (Harness harness = new Harness(OPTIONS)) {
      harness.send(start(event("a", 0, 1)), event("a", 2, 3, 4), end(event("a", 2)));
      assertThat(harness.finals("a")).containsExactly("1:1.0", "2:1.0", "3:4.0", "4:8.0");
    }
  }

  @Test
  void theDeadLetterPolicyRefusesAStreamForAsLongAsItContinues() throws Exception {
    try (Harness harness = new Harness(gaps(GapPolicy.DEAD_LETTER))) {
      harness.send(start(event("a", 0, 1)), event("a", 2, 3));
      int events = 20;
      for (int i = 1; i <= events; i++) {
        harness.send(at(i * 9L * SECOND, event("a", 2 + i, 1)));
        harness.watermark(i * 9000L - 1);
      }
      assertThat(harness.deadLetters()).hasSize(1 + events);
      assertThat(harness.sessions("a"))
          .containsExactly("STARTED start 0", "GAP gap 1+1", "ENDED gap 1");
    }
  }
}
