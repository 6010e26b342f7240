package dev.riffle.operators;

import static dev.riffle.operators.Stage.OPTIONS;
import static dev.riffle.operators.Stage.end;
import static dev.riffle.operators.Stage.event;
import static dev.riffle.operators.Stage.start;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

@SuppressWarnings("try")
class RecurrentOperatorTest {
  @Test
  void stepsInOrderAreAnsweredOnBothLanes() throws Exception {
    try (Stage stage = new Stage(OPTIONS)) {
      stage.send(start(event("a", 0, 1, 2)), event("b", 7, 5), end(event("a", 2, 3)));
      assertThat(stage.finals("a")).containsExactly("1:1.0", "2:3.0", "3:6.0", "3:-6.0");
      assertThat(stage.finals("b")).containsExactly("8:5.0");
      assertThat(stage.previews("a")).isEqualTo(stage.finals("a"));
      assertThat(stage.sessions("a")).containsExactly("STARTED start 0", "ENDED end 3");
      assertThat(stage.sessions("b")).containsExactly("STARTED implied 7");
      assertThat(stage.metrics().activeSequences).isEqualTo(1);
      assertThat(stage.metrics().inferenceRequests.getCount()).isEqualTo(3);
    }
  }
}
