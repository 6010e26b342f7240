package dev.riffle.operators;

import static dev.riffle.operators.Harness.OPTIONS;
import static dev.riffle.operators.Harness.end;
import static dev.riffle.operators.Harness.gaps;
import static dev.riffle.operators.Harness.start;
import static org.assertj.core.api.Assertions.assertThat;

import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.junit.jupiter.api.Test;

/** Events without a position: their steps are counted in the order of arrival. */
@SuppressWarnings("try")
class AppendedTest {
  /** An event without a position, captured after so many milliseconds. */
  private static StepEvent next(String id, long millis, float... values) {
    StepEvent event = Harness.event(id, 0, values);
    event.position = StepEvent.NEXT;
    event.captureMicros = millis * 1000;
    return event;
  }

  @Test
  void stepsCountInTheOrderOfTheirArrival() throws Exception {
    try (Harness harness = new Harness(OPTIONS)) {
      harness.send(next("a", 0, 1), next("b", 1, 5), next("a", 2, 2, 3), next("a", 2, 4));
      assertThat(harness.finals("a")).containsExactly("1:1.0", "2:3.0", "3:6.0", "4:10.0");
      assertThat(harness.finals("b")).containsExactly("1:5.0");
      assertThat(harness.sessions("a")).containsExactly("STARTED implied 0");
      assertThat(harness.errors()).isEmpty();
    }
  }

  @Test
  void anEventThatArrivesTwiceIsTwoEvents() throws Exception {
    try (Harness harness = new Harness(OPTIONS)) {
      StepEvent event = start(next("a", 7, 1));
      harness.send(event, event);
      assertThat(harness.finals("a")).containsExactly("1:1.0", "1:-1.0", "1:1.0");
      assertThat(harness.sessions("a"))
          .containsExactly("STARTED start 0", "ENDED restart 1", "STARTED start 0");
    }
  }

  @Test
  void positionsRestartAfterAnEndAndAfterAPause() throws Exception {
    try (Harness harness = new Harness(OPTIONS)) {
      harness.send(next("a", 0, 1), end(next("a", 1, 2)), next("a", 2, 3), next("a", 20_000, 4));
      assertThat(harness.finals("a"))
          .containsExactly("1:1.0", "2:3.0", "2:-3.0", "1:3.0", "1:-3.0", "1:4.0");
      assertThat(harness.sessions("a"))
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
    try (Harness harness = new Harness(OPTIONS)) {
      harness.send(next("a", 0, 1), end(next("a", 1)));
      assertThat(harness.finals("a")).containsExactly("1:1.0", "1:-1.0");
      assertThat(harness.sessions("a")).containsExactly("STARTED implied 0", "ENDED end 1");
    }
  }

  @Test
  void refusedStepsAreAGapAndLaterEventsContinueAfterIt() throws Exception {
    try (Harness harness = new Harness(gaps(GapPolicy.RESET))) {
      harness.send(next("a", 0, 1), next("a", 1, RunningSum.POISON), next("a", 2, 2));
      assertThat(harness.finals("a")).containsExactly("1:1.0", "1:-1.0", "3:2.0");
      assertThat(harness.errors()).hasSize(1);
    }
  }

  @Test
  void afterARefusedGapOnlyAStartOrAForgottenKeyBeginsAgain() throws Exception {
    try (Harness harness = new Harness(gaps(GapPolicy.DEAD_LETTER))) {
      harness.send(next("a", 0, 1), next("a", 1, RunningSum.POISON), next("a", 2, 2));
      assertThat(harness.errors()).hasSize(2);
      harness.send(start(next("a", 3, 3)));
      harness.send(next("b", 0, 1), next("b", 1, RunningSum.POISON), next("b", 90_000, 4));
      assertThat(harness.finals("a")).containsExactly("1:1.0", "1:-1.0", "1:3.0");
      assertThat(harness.finals("b")).containsExactly("1:1.0", "1:-1.0", "1:4.0");
    }
  }

  @Test
  void theCountContinuesAfterARestore() throws Exception {
    OperatorSubtaskState state;
    Harness first = new Harness(OPTIONS);
    first.send(next("a", 0, 1, 2));
    state = first.snapshot();
    first.abandon();
    try (Harness second = new Harness(OPTIONS, "one", state, 1, 0)) {
      second.send(next("a", 1, 3));
      assertThat(second.finals("a")).containsExactly("3:6.0");
    }
  }
}
