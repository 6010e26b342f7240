package dev.riffle.operators;

import static dev.riffle.operators.Harness.OPTIONS;
import static dev.riffle.operators.Harness.batches;
import static dev.riffle.operators.Harness.end;
import static dev.riffle.operators.Harness.event;
import static dev.riffle.operators.Harness.start;
import static dev.riffle.operators.Harness.warmUp;
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

/** A device failure is never mistaken for a bad input. */
@SuppressWarnings("try")
class FailureTest {

  @BeforeEach
  @AfterEach
  void reset() {
    RunningSum.reset();
  }

  /** A harness after many events in a short time, with batches of four. */
  private static Harness busy() throws Exception {
    Harness harness = new Harness(batches(4, Duration.ofMillis(10)));
    for (int i = 0; i < 20; i++) {
      harness.send(event("warm", i, 0));
    }
    harness.watermark(0);
    RunningSum.BATCHES.clear();
    return harness;
  }

  @Test
  void aFailedDeviceFailsTheJobAndWritesNoDeadLetter() throws Exception {
    Harness harness = busy();
    RunningSum.lifetime = 0;
    harness.send(event("a", 0, 1), event("b", 0, 1), event("c", 0, 1));
    assertThatThrownBy(() -> harness.send(event("d", 0, 1)))
        .isInstanceOf(DeviceException.class)
        .hasMessage("The device fell off the bus.");
    assertThat(RunningSum.BATCHES).as("nothing is tried on a dead device").containsExactly(4);
    assertThat(harness.deadLetters()).isEmpty();
    assertThat(harness.finals("a")).isEmpty();
    harness.abandon();
  }

  @Test
  void afterAFailureTheJobPredictsTheSameAsWithoutIt() throws Exception {
    List<String> finals = new ArrayList<>();
    Harness before = new Harness(OPTIONS);
    before.send(start(event("a", 0, 1)), event("a", 1, 2));
    OperatorSubtaskState state = before.snapshot();
    finals.addAll(before.finals("a"));
    before.send(event("a", 2, 3));
    RunningSum.lifetime = 0;
    assertThatThrownBy(() -> before.send(end(event("a", 3, 4))))
        .isInstanceOf(DeviceException.class);
    before.abandon();
    RunningSum.reset();
    try (Harness after = new Harness(OPTIONS, "one", state, 1, 0)) {
      after.send(event("a", 2, 3), end(event("a", 3, 4)));
      finals.addAll(after.finals("a"));
    }
    assertThat(finals).containsExactly("1:1.0", "2:3.0", "3:6.0", "4:10.0", "4:-10.0");
  }

  @Test
  void theEndOfASessionIsNotLeftOutWhenTheDeviceFails() throws Exception {
    Harness harness = new Harness(OPTIONS);
    harness.send(start(event("a", 0, 1)));
    RunningSum.lifetime = 0;
    assertThatThrownBy(() -> harness.watermark(60_000)).isInstanceOf(DeviceException.class);
    assertThat(harness.sessions("a")).containsExactly("STARTED start 0");
    harness.abandon();
  }

  @Test
  void withoutMemoryBatchesAreHalvedPermanently() throws Exception {
    try (Harness harness = busy()) {
      RunningSum.room = 3;
      for (int i = 0; i < 2; i++) {
        for (String id : List.of("a", "b", "c", "d")) {
          harness.send(event(id, i, 1 + i));
        }
      }
      assertThat(RunningSum.BATCHES).containsExactly(4, 2, 2, 2, 2);
      for (String id : List.of("a", "b", "c", "d")) {
        assertThat(harness.finals(id)).containsExactly("1:1.0", "2:3.0");
      }
      assertThat(harness.metrics().outOfMemory.getCount()).isEqualTo(1);
      assertThat(harness.metrics().maxSlots).isEqualTo(2);
      assertThat(harness.metrics().inferenceFailures.getCount()).isZero();
      assertThat(harness.metrics().inferenceRequests.getCount()).isEqualTo(20 + 8);
    }
  }

  @Test
  void withoutMemoryForASingleItemTheJobFails() throws Exception {
    Harness harness = busy();
    RunningSum.room = 0;
    harness.send(event("a", 0, 1), event("b", 0, 1));
    assertThatThrownBy(() -> harness.clock(10))
        .hasRootCauseInstanceOf(DeviceException.OutOfMemory.class)
        .hasStackTraceContaining("no memory for a single window or item of model sum/1: No room")
        .hasStackTraceContaining("Choose a shorter window");
    assertThat(RunningSum.BATCHES).containsExactly(2, 1);
    assertThat(harness.deadLetters()).isEmpty();
    harness.abandon();
  }

  @Test
  void aModelThatDoesNotEvenComputeZerosFailsTheJob() throws Exception {
    Harness harness = new Harness(OPTIONS);
    harness.send(start(event("a", 0, 1)));
    RunningSum.broken = true;
    assertThatThrownBy(() -> harness.send(event("a", 1, 2)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("neither a step of sequence 'a' nor zeros")
        .hasRootCauseMessage("no such instruction");
    assertThat(harness.deadLetters()).isEmpty();
    harness.abandon();
  }

  @Test
  void afterARefusalTheModelIsNotTestedWithZeros() throws Exception {
    try (Harness harness = new Harness(OPTIONS)) {
      harness.send(start(event("a", 0, 1)), event("a", 1, RunningSum.POISON));
      assertThat(RunningSum.WARMED).isEmpty();
      harness.send(event("a", 2, RunningSum.BREAK));
      assertThat(RunningSum.WARMED).containsExactly(1);
      assertThat(harness.deadLetters()).hasSize(2);
    }
  }

  @Test
  void warmUpIsLimitedByABatchAndByMemory() throws Exception {
    new Harness(warmUp(4, 0)).close();
    assertThat(RunningSum.WARMED).isEmpty();
    RunningSum.room = 1;
    try (Harness harness = new Harness(warmUp(4, 9))) {
      assertThat(RunningSum.WARMED).containsExactly(4, 2, 1);
      assertThat(harness.metrics().maxSlots).isEqualTo(1);
    }
    RunningSum.broken = true;
    assertThatThrownBy(() -> new Harness(warmUp(1, 1))).hasMessage("no such instruction");
    assertThat(SharedModels.size()).as("models left").isZero();
  }
}
