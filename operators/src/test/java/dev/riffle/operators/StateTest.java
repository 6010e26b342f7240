package dev.riffle.operators;

import static dev.riffle.operators.Harness.OPTIONS;
import static dev.riffle.operators.Harness.end;
import static dev.riffle.operators.Harness.event;
import static dev.riffle.operators.Harness.models;
import static dev.riffle.operators.Harness.start;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.riffle.models.Format;
import dev.riffle.models.StateException;
import dev.riffle.models.StreamModel;
import java.io.InputStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.junit.jupiter.api.Test;

/** State in checkpoints: restoring it, other models, and older versions. */
@SuppressWarnings("try")
class StateTest {
  private static OperatorSubtaskState midway() throws Exception {
    Harness harness = new Harness(OPTIONS);
    harness.send(start(event("a", 0, 1)), event("a", 2, 3), start(event("b", 0, 5)));
    OperatorSubtaskState state = harness.snapshot();
    harness.abandon();
    return state;
  }

  @Test
  void aRestoredOperatorContinuesWhereTheSnapshotWasTaken() throws Exception {
    try (Harness harness = new Harness(OPTIONS, "one", midway(), 1, 0)) {
      assertThat(harness.metrics().activeSequences).isEqualTo(2);
      harness.send(event("a", 1, 2), end(event("a", 3, 4)));
      assertThat(harness.finals("a")).containsExactly("2:3.0", "3:6.0", "4:10.0", "4:-10.0");
      assertThat(harness.sessions("a")).containsExactly("ENDED end 4");
      harness.watermark(10_001);
      assertThat(harness.sessions("b")).as("timers survive").containsExactly("ENDED idle 1");
    }
  }

  @Test
  void stateOfAnotherModelIsRefusedAtTheStartWithAHint() throws Exception {
    OperatorSubtaskState state = midway();
    assertThatThrownBy(() -> new Harness(models(StatePolicy.REFUSE), "two", state, 1, 0))
        .as("no restart would help")
        .isInstanceOf(SuppressRestartsException.class)
        .cause()
        .hasMessageContaining("written by the model with fingerprint one")
        .hasMessageContaining("sum/1 with fingerprint two")
        .hasMessageContaining("on-model-change: carry")
        .hasMessageContaining("on-model-change: reset");
    assertThat(SharedModels.size()).as("models left").isZero();
  }

  @Test
  void stateOfAnotherModelIsCarriedIfThePolicySaysSo() throws Exception {
    try (Harness harness = new Harness(models(StatePolicy.CARRY), "two", midway(), 1, 0)) {
      harness.send(event("a", 1, 2));
      assertThat(harness.finals("a")).containsExactly("2:3.0", "3:6.0");
      assertThat(harness.sessions("a")).isEmpty();
    }
  }

  @Test
  void stateOfAnotherModelIsResetIfThePolicySaysSo() throws Exception {
    try (Harness harness = new Harness(models(StatePolicy.RESET), "two", midway(), 1, 0)) {
      harness.send(event("a", 1, 2));
      assertThat(harness.sessions("a")).containsExactly("ENDED model 1", "STARTED model 1");
      assertThat(harness.finals("a")).containsExactly("2:2.0", "3:5.0");
    }
  }

  @Test
  void stateThatTheModelCannotReadStopsTheJobAndLosesNothing() throws Exception {
    SequenceState state = new SequenceState();
    state.session = new Session(true, false, Harness.FORMAT, 0, 0);
    state.model = new ModelState("one", new byte[] {9});
    KeyQueue<Float> key = new KeyQueue<>("a", state);
    WorkItem<Float> item = WorkItem.ofValues(key, new float[1], 1, done -> {});
    StreamModel<Float> model = new RunningSum.Source("one").load();
    OperatorMetrics metrics = new OperatorMetrics(new UnregisteredMetricsGroup());
    assertThatThrownBy(() -> new Inference<>(model, 1, metrics).run(List.of(item)))
        .isInstanceOf(StateException.class);
  }

  @Test
  void tasksOfAJobShareOneModel() throws Exception {
    RunningSum.loaded = 0;
    Harness first = new Harness(OPTIONS);
    Harness second = new Harness(OPTIONS);
    assertThat(RunningSum.loaded).isEqualTo(1);
    assertThat(SharedModels.size()).isEqualTo(1);
    ModelSource<Float> other = new RunningSum.Source("two");
    assertThat(SharedModels.acquire(other)).isSameAs(SharedModels.acquire(other));
    assertThat(SharedModels.size()).isEqualTo(2);
    SharedModels.release(other);
    assertThat(SharedModels.size()).isEqualTo(2);
    SharedModels.release(other);
    first.stop();
    assertThat(SharedModels.size()).isEqualTo(1);
    second.stop();
    assertThat(SharedModels.size()).isZero();
  }

  @Test
  void stateOfVersionOneIsReadWithoutAttributes() throws Exception {
    assertCapsule("v1", Map.of());
  }

  @Test
  void stateOfVersionTwoIsReadWithItsAttributes() throws Exception {
    assertCapsule("v2", StateCapsule.ATTRIBUTES);
  }

  private static void assertCapsule(String version, Map<String, String> attributes)
      throws Exception {
    SequenceState state =
        new SequenceStateSerializer().deserialize(capsule("SequenceState." + version));
    assertThat(state)
        .usingRecursiveComparison()
        .isEqualTo(StateCapsule.state(new Format(44100, 2, attributes)));
    StepEvent event = new StepEventSerializer().deserialize(capsule("StepEvent." + version));
    assertThat(event)
        .usingRecursiveComparison()
        .ignoringFields("arrivedNanos")
        .isEqualTo(StateCapsule.event(new Format(16000, 2, attributes)));
  }

  @Test
  void theSameAttributesAreWrittenAsTheSameBytes() throws Exception {
    Map<String, String> reversed = new LinkedHashMap<>();
    reversed.put("genetic-code", "11");
    reversed.put("channel", "ü");
    Map<String, String> sorted = new TreeMap<>(reversed);
    assertThat(bytes(new Format(1, 1, reversed))).isEqualTo(bytes(new Format(1, 1, sorted)));
    assertThat(bytes(new Format(1, 1))).hasSize(12);
  }

  private static byte[] bytes(Format format) throws Exception {
    DataOutputSerializer out = new DataOutputSerializer(64);
    Formats.write(format, out);
    return out.getCopyOfBuffer();
  }

  @Test
  void stateOfALaterReleaseIsRefusedWithAHint() {
    DataInputDeserializer later = new DataInputDeserializer(new byte[] {9});
    assertThatThrownBy(() -> new SequenceStateSerializer().deserialize(later))
        .hasMessageContaining("reads versions 1 to 2 but found 9")
        .hasMessageContaining("newer release");
  }

  @Test
  void anEventKeepsItsClockWithinThisProcess() throws Exception {
    StepEvent event = StateCapsule.event(new Format(16000, 2, StateCapsule.ATTRIBUTES));
    DataOutputSerializer out = new DataOutputSerializer(64);
    StepEventSerializer serializer = new StepEventSerializer();
    serializer.serialize(event, out);
    StepEvent read = serializer.deserialize(new DataInputDeserializer(out.getCopyOfBuffer()));
    assertThat(read).usingRecursiveComparison().isEqualTo(event);
    assertThat(serializer.copy(event)).usingRecursiveComparison().isEqualTo(event);
    SequenceState state = StateCapsule.state(new Format(44100, 2, StateCapsule.ATTRIBUTES));
    assertThat(new SequenceStateSerializer().copy(state))
        .usingRecursiveComparison()
        .isEqualTo(state);
  }

  private static DataInputDeserializer capsule(String name) throws Exception {
    try (InputStream in = StateTest.class.getResourceAsStream("/capsule/" + name + ".bin")) {
      return new DataInputDeserializer(in.readAllBytes());
    }
  }
}
