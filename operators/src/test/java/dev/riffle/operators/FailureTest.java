package dev.riffle.operators;

import static dev.riffle.operators.Stage.OPTIONS;
import static dev.riffle.operators.Stage.batches;
import static dev.riffle.operators.Stage.end;
import static dev.riffle.operators.Stage.event;
import static dev.riffle.operators.Stage.start;
import static dev.riffle.operators.Stage.warmUp;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.riffle.kernels.DeviceException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A device that fails must not be taken for a bad input. */
@SuppressWarnings("try")
class FailureTest {

  @BeforeEach
  @AfterEach
  void mend() {
    RunningSum.mend();
  }

  /** Four keys whose events wait for each other. */
  private static Stage busy() throws Exception {
    Stage stage = new Stage(batches(4, Duration.ofMillis(10)));
    for (int i = 0; i < 20; i++) {
      stage.send(event("warm", i, 0));
    }
    stage.watermark(0);
    RunningSum.BATCHES.clear();
    return stage;
  }

  @Test
  void aFailedDeviceFailsTheJobAndNoInputIsBlamed() throws Exception {
    Stage stage = busy();
    RunningSum.lifetime = 0;
    stage.send(event("a", 0, 1), event("b", 0, 1), event("c", 0, 1));
    assertThatThrownBy(() -> stage.send(event("d", 0, 1)))
        .isInstanceOf(DeviceException.class)
        .hasMessage("The card fell off the bus.");
    assertThat(RunningSum.BATCHES).as("nothing is tried on a dead device").containsExactly(4);
    assertThat(stage.letters()).isEmpty();
    assertThat(stage.finals("a")).isEmpty();
    stage.abandon();
  }

  @Test
  void afterAFailureTheJobTellsWhatItWouldHaveToldWithoutIt() throws Exception {
    List<String> finals = new ArrayList<>();
    Stage before = new Stage(OPTIONS);
    before.send(start(event("a", 0, 1)), event("a", 1, 2));
    OperatorSubtaskState state = before.snapshot();
    finals.addAll(before.finals("a"));
    before.send(event("a", 2, 3));
    RunningSum.lifetime = 0;
    assertThatThrownBy(() -> before.send(end(event("a", 3, 4))))
        .isInstanceOf(DeviceException.class);
    before.abandon();
    RunningSum.mend();
    try (Stage after = new Stage(OPTIONS, "one", state, 1, 0)) {
      after.send(event("a", 2, 3), end(event("a", 3, 4)));
      finals.addAll(after.finals("a"));
    }
    assertThat(finals).containsExactly("1:1.0", "2:3.0", "3:6.0", "4:10.0", "4:-10.0");
  }

  @Test
  void theEndOfASessionIsNotLeftOutWhenTheDeviceFails() throws Exception {
    Stage stage = new Stage(OPTIONS);
    stage.send(start(event("a", 0, 1)));
    RunningSum.lifetime = 0;
    assertThatThrownBy(() -> stage.watermark(60_000)).isInstanceOf(DeviceException.class);
    assertThat(stage.sessions("a")).containsExactly("STARTED start 0");
    stage.abandon();
  }

  @Test
  void withoutMemoryABatchIsHalvedOnceAndForAll() throws Exception {
    try (Stage stage = busy()) {
      RunningSum.room = 3;
      for (int i = 0; i < 2; i++) {
        for (String id : List.of("a", "b", "c", "d")) {
          stage.send(event(id, i, 1 + i));
        }
      }
      assertThat(RunningSum.BATCHES).containsExactly(4, 2, 2, 2, 2);
      for (String id : List.of("a", "b", "c", "d")) {
        assertThat(stage.finals(id)).containsExactly("1:1.0", "2:3.0");
      }
      assertThat(stage.metrics().outOfMemory.getCount()).isEqualTo(1);
      assertThat(stage.metrics().maxSlots).isEqualTo(2);
      assertThat(stage.metrics().inferenceFailures.getCount()).isZero();
      assertThat(stage.metrics().inferenceRequests.getCount()).isEqualTo(20 + 8);
    }
  }

  @Test
  void withoutMemoryForASingleRowTheJobFails() throws Exception {
    Stage stage = busy();
    RunningSum.room = 0;
    stage.send(event("a", 0, 1), event("b", 0, 1));
    assertThatThrownBy(() -> stage.clock(10))
        .hasRootCauseInstanceOf(DeviceException.OutOfMemory.class)
        .hasStackTraceContaining("no memory for a single window or item of model sum/1: No room")
        .hasStackTraceContaining("Choose a shorter window");
    assertThat(RunningSum.BATCHES).containsExactly(2, 1);
    assertThat(stage.letters()).isEmpty();
    stage.abandon();
  }

  @Test
  void aModelThatDoesNotEvenComputeZerosFailsTheJob() throws Exception {
    Stage stage = new Stage(OPTIONS);
    stage.send(start(event("a", 0, 1)));
    RunningSum.broken = true;
    assertThatThrownBy(() -> stage.send(event("a", 1, 2)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("neither a step of sequence 'a' nor zeros")
        .hasRootCauseMessage("no such instruction");
    assertThat(stage.letters()).isEmpty();
    stage.abandon();
  }

  @Test
  void anInputThatTheModelRefusesIsNoReasonToAskForZeros() throws Exception {
    try (Stage stage = new Stage(OPTIONS)) {
      stage.send(start(event("a", 0, 1)), event("a", 1, RunningSum.POISON));
      assertThat(RunningSum.WARMED).isEmpty();
      stage.send(event("a", 2, RunningSum.BREAK));
      assertThat(RunningSum.WARMED).containsExactly(1);
      assertThat(stage.letters()).hasSize(2);
    }
  }

  @Test
  void whatATaskWarmsUpIsBoundedByABatchAndByMemory() throws Exception {
    new Stage(warmUp(4, 0)).close();
    assertThat(RunningSum.WARMED).isEmpty();
    RunningSum.room = 1;
    try (Stage stage = new Stage(warmUp(4, 9))) {
      assertThat(RunningSum.WARMED).containsExactly(4, 2, 1);
      assertThat(stage.metrics().maxSlots).isEqualTo(1);
    }
    RunningSum.broken = true;
    assertThatThrownBy(() -> new Stage(warmUp(1, 1))).hasMessage("no such instruction");
    assertThat(SharedModels.size()).as("models left behind").isZero();
  }
}
