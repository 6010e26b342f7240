package dev.riffle.operators;

import static dev.riffle.operators.Stage.OPTIONS;
import static dev.riffle.operators.Stage.at;
import static dev.riffle.operators.Stage.end;
import static dev.riffle.operators.Stage.event;
import static dev.riffle.operators.Stage.gaps;
import static dev.riffle.operators.Stage.start;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Only what was computed before is a duplicate; all else that cannot be used is a dead letter. */
@SuppressWarnings("try")
class NothingVanishesTest {
  private static final long SECOND = 1_000_000;

  private static List<Long> offsets(Stage stage) {
    List<Long> offsets = new ArrayList<>();
    stage.letters().forEach(letter -> offsets.add(letter.getSourceOffset()));
    return offsets;
  }

  @ParameterizedTest
  @EnumSource(
      value = GapPolicy.class,
      names = {"FILL", "RESET"})
  void whatComesLateForAnyGapIsADeadLetter(GapPolicy policy) throws Exception {
    try (Stage stage = new Stage(gaps(policy))) {
      stage.send(start(event("a", 0, 1)), event("a", 2, 3), event("a", 4, 5));
      stage.watermark(2000);
      stage.send(event("a", 1, 2), event("a", 3, 4), event("a", 2, 3), event("a", 0, 1));
      assertThat(offsets(stage)).containsExactly(1L, 3L);
      assertThat(stage.metrics().lateEvents.getCount()).isEqualTo(2);
      assertThat(stage.metrics().duplicateEvents.getCount()).isEqualTo(2);
    }
  }

  @Test
  void howeverManyGapsThereAreTheirLateEventsAreDeadLetters() throws Exception {
    int gaps = 100;
    try (Stage stage = new Stage(gaps(GapPolicy.FILL))) {
      stage.send(start(event("a", 0, 1)));
      for (int i = 1; i <= gaps; i++) {
        stage.send(event("a", 2 * i, 1), event("a", 2 * i + 200, 1));
        stage.watermark(2000 + i);
      }
      int before = stage.letters().size();
      for (int i = 1; i <= gaps; i++) {
        stage.send(event("a", 2 * i - 1, 1));
      }
      assertThat(stage.letters()).hasSize(before + gaps);
    }
  }

  @Test
  void whatComesBeforeTheFirstEventOfAnUnknownSequenceIsLate() throws Exception {
    try (Stage stage = new Stage(OPTIONS)) {
      stage.send(event("a", 2, 3), event("a", 0, 1, 2), event("a", 2, 3), event("a", 3, 4));
      assertThat(stage.finals("a")).containsExactly("3:3.0", "4:7.0");
      assertThat(offsets(stage)).containsExactly(0L);
      assertThat(stage.metrics().duplicateEvents.getCount()).isEqualTo(1);
    }
  }

  @Test
  void whatLiesBetweenAnEndAndTheSessionAfterItIsLate() throws Exception {
    try (Stage stage = new Stage(OPTIONS)) {
      stage.send(start(event("a", 0, 1)), end(event("a", 1, 2)), event("a", 4, 5));
      stage.send(event("a", 3, 4), event("a", 1, 2));
      assertThat(stage.sessions("a")).endsWith("ENDED end 2", "STARTED implied 4");
      assertThat(offsets(stage)).containsExactly(3L);
      assertThat(stage.metrics().duplicateEvents.getCount()).isEqualTo(1);
    }
  }

  @Test
  void aStragglerOfAnEarlierSessionIsNoDuplicateOfThisOne() throws Exception {
    try (Stage stage = new Stage(OPTIONS)) {
      stage.send(start(at(0, event("a", 0, 1))));
      stage.send(start(at(5 * SECOND, event("a", 0, 1, 2, 3))));
      stage.send(at(1000, event("a", 1, 9)), at(5 * SECOND + 1000, event("a", 1, 2)));
      assertThat(offsets(stage)).containsExactly(1L);
      assertThat(stage.errors().get(0)).contains("belongs to an earlier session of this id");
      assertThat(stage.metrics().duplicateEvents.getCount()).isEqualTo(1);
    }
  }

  @Test
  void anEndWithoutStepsDoesNotDisplaceTheStepsHeldAtItsPlace() throws Exception {
    try (Stage stage = new Stage(OPTIONS)) {
      stage.send(start(event("a", 0, 1)), event("a", 2, 3, 4), end(event("a", 2)));
      assertThat(stage.finals("a")).containsExactly("1:1.0", "2:1.0", "3:4.0", "4:8.0");
    }
  }

  @Test
  void theDeadLetterPolicyRefusesAStreamThatGoesOnHoweverLongItDoes() throws Exception {
    try (Stage stage = new Stage(gaps(GapPolicy.DEAD_LETTER))) {
      stage.send(start(event("a", 0, 1)), event("a", 2, 3));
      int events = 20;
      for (int i = 1; i <= events; i++) {
        stage.send(at(i * 9 * SECOND, event("a", 2 + i, 1)));
        stage.watermark(i * 9000 - 1);
      }
      assertThat(stage.letters()).hasSize(1 + events);
      assertThat(stage.sessions("a"))
          .containsExactly("STARTED start 0", "GAP gap 1+1", "ENDED gap 1");
    }
  }
}
