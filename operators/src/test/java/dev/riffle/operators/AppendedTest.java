package dev.riffle.operators;

import static dev.riffle.operators.Stage.OPTIONS;
import static dev.riffle.operators.Stage.end;
import static dev.riffle.operators.Stage.gaps;
import static dev.riffle.operators.Stage.start;
import static org.assertj.core.api.Assertions.assertThat;

import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.junit.jupiter.api.Test;

/** Events that name no position: steps count in the order of their arrival. */
@SuppressWarnings("try")
class AppendedTest {
  /** An event without a position, captured after so many milliseconds. */
  private static StepEvent next(String id, long millis, float... values) {
    StepEvent event = Stage.event(id, 0, values);
    event.position = StepEvent.NEXT;
    event.captureMicros = millis * 1000;
    return event;
  }

  @Test
  void stepsCountInTheOrderOfTheirArrival() throws Exception {
    try (Stage stage = new Stage(OPTIONS)) {
      stage.send(next("a", 0, 1), next("b", 1, 5), next("a", 2, 2, 3), next("a", 2, 4));
      assertThat(stage.finals("a")).containsExactly("1:1.0", "2:3.0", "3:6.0", "4:10.0");
      assertThat(stage.finals("b")).containsExactly("1:5.0");
      assertThat(stage.sessions("a")).containsExactly("STARTED implied 0");
      assertThat(stage.errors()).isEmpty();
    }
  }

  @Test
  void anEventThatComesTwiceIsTwoEvents() throws Exception {
    try (Stage stage = new Stage(OPTIONS)) {
      StepEvent event = start(next("a", 7, 1));
      stage.send(event, event);
      assertThat(stage.finals("a")).containsExactly("1:1.0", "1:-1.0", "1:1.0");
      assertThat(stage.sessions("a"))
          .containsExactly("STARTED start 0", "ENDED restart 1", "STARTED start 0");
    }
  }

  @Test
  void theyCountAnewAfterAnEndAndAfterAPause() throws Exception {
    try (Stage stage = new Stage(OPTIONS)) {
      stage.send(next("a", 0, 1), end(next("a", 1, 2)), next("a", 2, 3), next("a", 20_000, 4));
      assertThat(stage.finals("a"))
          .containsExactly("1:1.0", "2:3.0", "2:-3.0", "1:3.0", "1:-3.0", "1:4.0");
      assertThat(stage.sessions("a"))
          .containsExactly(
              "STARTED implied 0",
              "ENDED end 2",
              "STARTED implied 0",
              "ENDED idle 1",
              "STARTED implied 0");
    }
  }

  @Test
  void anEndWithoutStepsEndsTheSession() throws Exception {
    try (Stage stage = new Stage(OPTIONS)) {
      stage.send(next("a", 0, 1), end(next("a", 1)));
      assertThat(stage.finals("a")).containsExactly("1:1.0", "1:-1.0");
      assertThat(stage.sessions("a")).containsExactly("STARTED implied 0", "ENDED end 1");
    }
  }

  @Test
  void whatTheModelRefusesIsAGapAndTheNextGoOnBehindIt() throws Exception {
    try (Stage stage = new Stage(gaps(GapPolicy.RESET))) {
      stage.send(next("a", 0, 1), next("a", 1, RunningSum.POISON), next("a", 2, 2));
      assertThat(stage.finals("a")).containsExactly("1:1.0", "1:-1.0", "3:2.0");
      assertThat(stage.errors()).hasSize(1);
    }
  }

  @Test
  void whereGapsAreRefusedOnlyAStartOrAForgottenKeyBeginsAgain() throws Exception {
    try (Stage stage = new Stage(gaps(GapPolicy.DEAD_LETTER))) {
      stage.send(next("a", 0, 1), next("a", 1, RunningSum.POISON), next("a", 2, 2));
      assertThat(stage.errors()).hasSize(2);
      stage.send(start(next("a", 3, 3)));
      stage.send(next("b", 0, 1), next("b", 1, RunningSum.POISON), next("b", 90_000, 4));
      assertThat(stage.finals("a")).containsExactly("1:1.0", "1:-1.0", "1:3.0");
      assertThat(stage.finals("b")).containsExactly("1:1.0", "1:-1.0", "1:4.0");
    }
  }

  @Test
  void theCountGoesOnAfterARestore() throws Exception {
    OperatorSubtaskState state;
    Stage first = new Stage(OPTIONS);
    first.send(next("a", 0, 1, 2));
    state = first.snapshot();
    first.abandon();
    try (Stage second = new Stage(OPTIONS, "one", state, 1, 0)) {
      second.send(next("a", 1, 3));
      assertThat(second.finals("a")).containsExactly("3:6.0");
    }
  }
}
