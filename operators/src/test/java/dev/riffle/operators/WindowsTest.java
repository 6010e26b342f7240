package dev.riffle.operators;

import static dev.riffle.operators.Stage.OPTIONS;
import static dev.riffle.operators.Stage.at;
import static dev.riffle.operators.Stage.batches;
import static dev.riffle.operators.Stage.end;
import static dev.riffle.operators.Stage.event;
import static dev.riffle.operators.Stage.gaps;
import static dev.riffle.operators.Stage.start;
import static dev.riffle.operators.Windows.LENGTH;
import static dev.riffle.operators.Windows.STRIDE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.riffle.kernels.DeviceException;
import dev.riffle.kernels.FragileDevice;
import dev.riffle.models.PredictionValues;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.apache.flink.streaming.util.AbstractStreamOperatorTestHarness;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Models of whole windows in the operator: what is told, in which batches, and after a failure. */
@SuppressWarnings("try")
@Timeout(120)
class WindowsTest {
  private static final int KEYS = 6;
  private static final int BATCH = 4;
  private static final SequenceOptions BATCHES = batches(BATCH, Duration.ofMillis(10));
  @TempDir static Path models;

  @BeforeAll
  static void writeModels() {
    Windows.write(models);
  }

  @BeforeEach
  void renewDevice() {
    Windows.renewDevice();
  }

  private static Windows.Source source(String family, boolean onDevice) {
    return new Windows.Source(models.toString(), family, onDevice);
  }

  private static Stage stage(SequenceOptions options, ModelSource<PredictionValues> source)
      throws Exception {
    return stage(options, source, null, 1, 0);
  }

  private static Stage stage(
      SequenceOptions options,
      ModelSource<PredictionValues> source,
      OperatorSubtaskState state,
      int parallelism,
      int subtask)
      throws Exception {
    return new Stage(options, source, new Windows.Mapper(), state, parallelism, subtask);
  }

  /** A stage that has noticed that events come quickly. */
  private static Stage busy(ModelSource<PredictionValues> source) throws Exception {
    Stage stage = stage(BATCHES, source);
    float[] window = new float[LENGTH];
    for (int i = 0; i < 20; i++) {
      stage.send(event("warm", (long) i * LENGTH, window));
    }
    stage.watermark(0);
    return stage;
  }

  private static float[] steps(int count, long seed) {
    Random random = new Random(seed);
    float[] steps = new float[count];
    for (int i = 0; i < count; i++) {
      steps[i] = (float) random.nextGaussian();
    }
    return steps;
  }

  private static StepEvent cut(String id, float[] steps, int from, int to) {
    return event(id, from, Arrays.copyOfRange(steps, from, to));
  }

  /** Sequences of several keys, cut into events of 0 to 11 steps that alternate. */
  private static List<StepEvent> interleaved(Map<String, float[]> sequences, Random random) {
    Map<String, Integer> sent = new TreeMap<>();
    List<StepEvent> events = new ArrayList<>();
    List<String> open = new ArrayList<>(sequences.keySet());
    while (!open.isEmpty()) {
      String id = open.get(random.nextInt(open.size()));
      float[] steps = sequences.get(id);
      int from = sent.getOrDefault(id, 0);
      int to = Math.min(steps.length, from + random.nextInt(12));
      StepEvent event = cut(id, steps, from, to);
      event.start = from == 0 && !sent.containsKey(id);
      event.end = to == steps.length;
      sent.put(id, to);
      events.add(event);
      if (event.end) {
        open.remove(id);
      }
    }
    return events;
  }

  private static Map<String, float[]> sequences(Random random) {
    Map<String, float[]> sequences = new TreeMap<>();
    for (int k = 0; k < KEYS; k++) {
      sequences.put("key-" + k, steps(random.nextInt(90), k));
    }
    return sequences;
  }

  private static void isTold(Map<String, float[]> sequences, Windows.Source source, Stage... by) {
    sequences.forEach(
        (id, steps) -> {
          List<String> finals = new ArrayList<>();
          for (Stage stage : by) {
            finals.addAll(stage.finals(id));
          }
          assertThat(finals).as("%s, %d steps", id, steps.length).isEqualTo(source.told(0, steps));
        });
  }

  // ---- order and batches ----

  @ParameterizedTest
  @ValueSource(strings = {"chordmixer", "rse"})
  void aSequenceIsToldAsTheModelTellsItAloneWhateverItsEventsAndNeighbours(String family)
      throws Exception {
    Windows.Source source = source(family, false);
    for (int seed = 0; seed < 20; seed++) {
      Random random = new Random(seed);
      Map<String, float[]> sequences = sequences(random);
      Stage stage = stage(BATCHES, source);
      try (stage) {
        for (StepEvent event : interleaved(sequences, random)) {
          stage.send(event);
        }
      }
      isTold(sequences, source, stage);
    }
  }

  @Test
  void aBatchIsFilledWithWindowsNotWithEvents() throws Exception {
    try (Stage stage = busy(source("chordmixer", false))) {
      long before = stage.metrics().inferenceRequests.getCount();
      for (int step = 0; step < LENGTH; step++) {
        for (String id : List.of("a", "b", "c", "d", "e")) {
          boolean last = step == LENGTH - 1 && id.equals("d");
          long windows = stage.metrics().inferenceRequests.getCount();
          stage.send(event(id, step, step));
          assertThat(stage.metrics().inferenceRequests.getCount() - windows)
              .as("windows computed as step %d of %s comes", step, id)
              .isEqualTo(last ? BATCH : 0);
        }
      }
      assertThat(stage.metrics().inferenceRequests.getCount() - before).isEqualTo(BATCH);
      assertThat(stage.metrics().batchSize.getStatistics().getMax()).isEqualTo(BATCH);
      assertThat(stage.finals("d")).hasSize(1);
      assertThat(stage.finals("e")).as("waits for company").isEmpty();
      stage.clock(10);
      assertThat(stage.finals("e")).as("but no longer than the queue delay").hasSize(1);
    }
  }

  @Test
  void windowsThatDoNotFitWaitForTheNextBatch() throws Exception {
    try (Stage stage = busy(source("chordmixer", false))) {
      float[] three = steps(LENGTH + 2 * STRIDE, 1);
      stage.send(event("a", 0, three), event("b", 0, three));
      assertThat(stage.finals("a")).hasSize(3);
      assertThat(stage.finals("b")).isEmpty();
      stage.send(event("c", 0, steps(LENGTH, 2)));
      assertThat(stage.finals("b")).hasSize(3);
      assertThat(stage.finals("c")).hasSize(1);
    }
  }

  @Test
  void stepsOfAKeyWhoseWindowWaitsComeAfterIt() throws Exception {
    Windows.Source source = source("rse", false);
    float[] steps = steps(3 * LENGTH + 1, 1);
    try (Stage stage = busy(source)) {
      for (int i = 0; i < steps.length; i++) {
        stage.send(cut("a", steps, i, i + 1));
      }
      assertThat(stage.finals("a")).as("one event waits with fifteen behind it").isNotEmpty();
      stage.send(end(event("a", steps.length)));
      stage.clock(10);
      assertThat(stage.finals("a")).isEqualTo(source.told(0, steps));
    }
  }

  @Test
  void noCallComputesMoreWindowsThanABatchHasHoweverLongAnEventIs() throws Exception {
    Windows.Source source = source("chordmixer", false);
    float[] steps = steps(100, 1);
    try (Stage stage = stage(BATCHES, source)) {
      stage.send(start(event("a", 0, steps)), end(event("a", 100)));
      assertThat(stage.finals("a")).isEqualTo(source.told(0, steps));
      assertThat(stage.metrics().batchSize.getStatistics().getMax()).isEqualTo(BATCH);
      assertThat(stage.metrics().inferenceRequests.getCount()).isEqualTo(24);
    }
    float[] filled = new float[50];
    filled[0] = 1;
    filled[49] = 2;
    try (Stage stage = stage(BATCHES, source)) {
      stage.send(start(event("a", 0, 1)), end(event("a", 49, 2)));
      assertThat(stage.finals("a")).isEqualTo(source.told(0, filled));
      assertThat(stage.metrics().batchSize.getStatistics().getMax()).isLessThanOrEqualTo(BATCH);
    }
  }

  @Test
  void stepsThatAreOnlyKeptDoNotWaitForTheDeviceAndWindowsDo() throws Exception {
    Windows.Source source = source("chordmixer", true);
    float[] steps = steps(LENGTH, 1);
    try (Stage stage = stage(OPTIONS, source)) {
      stage.send(start(cut("a", steps, 0, 1)));
      CountDownLatch busy = new CountDownLatch(1);
      CountDownLatch release = new CountDownLatch(1);
      Thread other = new Thread(() -> Windows.device().device().call(() -> awaited(busy, release)));
      other.start();
      busy.await();
      stage.send(cut("a", steps, 1, LENGTH - 1)); // returns although the device is busy
      AtomicReference<Throwable> thrown = new AtomicReference<>();
      Thread task =
          new Thread(
              () -> {
                try {
                  stage.send(cut("a", steps, LENGTH - 1, LENGTH));
                } catch (Throwable e) {
                  thrown.set(e);
                }
              });
      task.start();
      FragileDevice.untilWaiting(task); // takes no further event: back-pressure
      assertThat(stage.finals("a")).isEmpty();
      release.countDown();
      task.join();
      other.join();
      assertThat(thrown).hasValue(null);
      assertThat(stage.finals("a")).isEqualTo(source.told(0, steps));
      assertThat(stage.metrics().deviceQueueLatency.getStatistics().getMax()).isPositive();
      assertThat(stage.metrics().assemblyLatency.getCount()).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"chordmixer", "rse"})
  void subtasksThatShareADeviceTellWhatEachWouldAlone(String family) throws Exception {
    Windows.Source source = source(family, true);
    Map<String, float[]> sequences = sequences(new Random(1));
    List<StepEvent> events = interleaved(sequences, new Random(1));
    int subtasks = 3;
    Stage[] stages = new Stage[subtasks];
    AtomicReference<Throwable> thrown = new AtomicReference<>();
    List<Thread> tasks = new ArrayList<>();
    for (int i = 0; i < subtasks; i++) {
      int subtask = i;
      stages[i] = stage(BATCHES, source, null, subtasks, i);
      tasks.add(
          new Thread(
              () -> {
                try {
                  for (StepEvent event : events) {
                    if (subtask(event, subtasks) == subtask) {
                      stages[subtask].send(event);
                    }
                  }
                  stages[subtask].endInput();
                } catch (Throwable e) {
                  thrown.set(e);
                }
              }));
    }
    tasks.forEach(Thread::start);
    for (Thread task : tasks) {
      task.join();
    }
    assertThat(thrown).hasValue(null);
    for (Stage stage : stages) {
      stage.stop();
    }
    isTold(sequences, source, stages);
    assertThat(sequences.keySet())
        .extracting(id -> subtask(event(id, 0), subtasks))
        .as("more than one subtask has work")
        .contains(0, 1, 2);
  }

  private static boolean awaited(CountDownLatch busy, CountDownLatch release) {
    try {
      busy.countDown();
      release.await();
      return true;
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  // ---- sessions ----

  @ParameterizedTest
  @ValueSource(strings = {"chordmixer", "rse"})
  void theEndOfASessionTellsTheWindowThatHadBegunWithItsTrueLength(String family) throws Exception {
    Windows.Source source = source(family, false);
    float[] steps = steps(LENGTH + STRIDE + 3, 2);
    try (Stage stage = stage(OPTIONS, source)) {
      stage.send(start(event("a", 0, steps)));
      int before = stage.finals("a").size();
      stage.send(end(event("a", steps.length)));
      assertThat(stage.finals("a")).hasSizeGreaterThan(before).isEqualTo(source.told(0, steps));
      // the last answer speaks of the last steps
      String last = family.equals("rse") ? "15: 14+1 " : "15: 8+7 ";
      assertThat(stage.finals("a").get(stage.finals("a").size() - 1)).startsWith(last);
      assertThat(stage.sessions("a")).containsExactly("STARTED start 0", "ENDED end 15");
    }
  }

  @Test
  void silenceTellsItTooByTheWatermarkAndByTheNextEvent() throws Exception {
    Windows.Source source = source("chordmixer", false);
    float[] steps = steps(LENGTH + 1, 3);
    long later = 20_000_000;
    try (Stage stage = stage(OPTIONS, source)) {
      stage.send(start(event("a", 0, steps)), start(event("b", 0, steps)));
      stage.send(at(later, event("b", LENGTH + 1, 1, 2)));
      List<String> idle = new ArrayList<>(source.told(0, steps));
      assertThat(stage.finals("b")).isEqualTo(idle);
      stage.watermark(10_100);
      assertThat(stage.finals("a")).isEqualTo(idle);
      assertThat(stage.sessions("a")).endsWith("ENDED idle 9");
      stage.endInput();
      idle.addAll(source.told(LENGTH + 1, 1, 2));
      assertThat(stage.finals("b")).isEqualTo(idle);
      assertThat(stage.sessions("b")).endsWith("STARTED implied 9", "ENDED input-end 11");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"chordmixer", "rse"})
  void aGapIsFilledOrPartsWindows(String family) throws Exception {
    Windows.Source source = source(family, false);
    float[] steps = steps(40, 4);
    float[] filled = steps.clone();
    Arrays.fill(filled, 10, 13, 0);
    float[] head = Arrays.copyOfRange(steps, 0, 10);
    float[] tail = Arrays.copyOfRange(steps, 13, 40);
    for (GapPolicy policy : GapPolicy.values()) {
      try (Stage stage = stage(gaps(policy), source)) {
        stage.send(start(cut("a", steps, 0, 10)), cut("a", steps, 13, 30));
        stage.send(cut("a", steps, 30, 39), end(cut("a", steps, 39, 40)));
        List<String> told =
            new ArrayList<>(source.told(0, policy == GapPolicy.FILL ? filled : head));
        if (policy == GapPolicy.RESET) {
          told.addAll(source.told(13, tail));
        }
        assertThat(stage.finals("a")).as(policy.option()).isEqualTo(told);
        assertThat(stage.letters()).hasSize(policy == GapPolicy.DEAD_LETTER ? 3 : 0);
      }
    }
  }

  @Test
  void earlyEventsWaitAndLateOnesAreDeadLetters() throws Exception {
    Windows.Source source = source("rse", false);
    float[] steps = steps(24, 5);
    try (Stage stage = stage(OPTIONS, source)) {
      stage.send(start(cut("a", steps, 0, 3)), cut("a", steps, 9, 20), cut("a", steps, 6, 9));
      stage.send(cut("a", steps, 0, 5), cut("a", steps, 3, 6), end(cut("a", steps, 20, 24)));
      assertThat(stage.finals("a")).isEqualTo(source.told(0, steps));
      stage.send(start(at(60_000_000, cut("b", steps, 0, 4))));
      stage.send(at(60_000_006, cut("b", steps, 6, 24)));
      stage.watermark(62_000);
      stage.send(at(60_000_004, cut("b", steps, 4, 6)));
      assertThat(stage.metrics().lateEvents.getCount()).isEqualTo(1);
      assertThat(stage.errors()).singleElement().asString().contains("Steps 4 to 6 came after");
    }
  }

  @Test
  void anEventThatTheModelRefusesIsFilledAndItsNeighboursAreUntouched() throws Exception {
    Windows.Source source = source("chordmixer", false);
    float[] steps = steps(2 * LENGTH, 6);
    float[] filled = steps.clone();
    filled[LENGTH] = 0;
    try (Stage stage = busy(source)) {
      for (String id : List.of("a", "b", "c")) {
        stage.send(start(cut(id, steps, 0, LENGTH)));
      }
      stage.send(event("b", LENGTH, Float.NaN));
      for (String id : List.of("a", "b", "c")) {
        stage.send(end(cut(id, steps, LENGTH + (id.equals("b") ? 1 : 0), 2 * LENGTH)));
      }
      stage.clock(10);
      assertThat(stage.finals("a")).isEqualTo(source.told(0, steps));
      assertThat(stage.finals("b")).isEqualTo(source.told(0, filled));
      assertThat(stage.finals("c")).isEqualTo(source.told(0, steps));
      assertThat(stage.errors()).singleElement().asString().contains("must be finite");
    }
  }

  // ---- what survives ----

  @ParameterizedTest
  @ValueSource(strings = {"chordmixer", "rse"})
  void aSnapshotAmidWindowsGoesOnWithTheSameBytesOnOneThreeAndTwoSubtasks(String family)
      throws Exception {
    Windows.Source source = source(family, false);
    for (int seed = 0; seed < 5; seed++) {
      Random random = new Random(seed);
      Map<String, float[]> sequences = sequences(random);
      List<StepEvent> events = interleaved(sequences, random);
      int third = events.size() / 3;
      List<Stage> all = new ArrayList<>();
      OperatorSubtaskState state = null;
      int from = 0;
      int before = 1;
      for (int subtasks : new int[] {1, 3, 2}) {
        int to = subtasks == 2 ? events.size() : from + third;
        Stage[] stages = new Stage[subtasks];
        for (int i = 0; i < subtasks; i++) {
          OperatorSubtaskState part =
              state == null
                  ? null
                  : AbstractStreamOperatorTestHarness.repartitionOperatorState(
                      state, Stage.MAX_PARALLELISM, before, subtasks, i);
          stages[i] = stage(BATCHES, source, part, subtasks, i);
        }
        for (StepEvent event : events.subList(from, to)) {
          stages[subtask(event, subtasks)].send(event);
        }
        OperatorSubtaskState[] states = new OperatorSubtaskState[subtasks];
        for (int i = 0; i < subtasks; i++) {
          states[i] = stages[i].snapshot();
        }
        state = AbstractStreamOperatorTestHarness.repackageState(states);
        for (Stage stage : stages) {
          stage.stop();
        }
        all.addAll(Arrays.asList(stages));
        from = to;
        before = subtasks;
      }
      isTold(sequences, source, all.toArray(Stage[]::new));
    }
  }

  private static int subtask(StepEvent event, int subtasks) {
    return KeyGroupRangeAssignment.assignKeyToParallelOperator(
        event.sequenceId, Stage.MAX_PARALLELISM, subtasks);
  }

  @ParameterizedTest
  @ValueSource(strings = {"chordmixer", "rse"})
  void aDeviceThatFailsFailsTheJobWhichGoesOnAsIfNothingHadBeen(String family) throws Exception {
    Windows.Source source = source(family, true);
    for (int seed = 0; seed < 10; seed++) {
      Random random = new Random(seed);
      Map<String, float[]> sequences = sequences(random);
      List<StepEvent> events = interleaved(sequences, random);
      int cut = events.size() / 2;
      Stage before = stage(BATCHES, source);
      for (StepEvent event : events.subList(0, cut)) {
        before.send(event);
      }
      OperatorSubtaskState state = before.snapshot();
      Map<String, List<String>> committed = new TreeMap<>();
      sequences.keySet().forEach(id -> committed.put(id, before.finals(id)));

      Windows.device().failAfter(1 + random.nextInt(4)); // amid the next batch or two
      assertThatThrownBy(
              () -> {
                for (StepEvent event : events.subList(cut, events.size())) {
                  before.send(event);
                }
                before.endInput();
              })
          .isInstanceOf(DeviceException.class)
          .hasMessageContaining("The device fell off the bus.");
      assertThat(before.letters()).isEmpty();
      before.abandon();

      Stage after = stage(BATCHES, source, state, 1, 0);
      try (after) {
        for (StepEvent event : events.subList(cut, events.size())) {
          after.send(event);
        }
      }
      sequences.forEach(
          (id, steps) -> {
            List<String> finals = new ArrayList<>(committed.get(id));
            finals.addAll(after.finals(id));
            assertThat(finals).as(id).isEqualTo(source.told(0, steps));
          });
    }
  }

  @Test
  void aDeviceWithoutMemoryGetsFewerWindowsAtOnce() throws Exception {
    Windows.Source source = source("chordmixer", true);
    Map<String, float[]> sequences = new TreeMap<>();
    try (Stage stage = busy(source)) {
      assertThat(stage.metrics().outOfMemory.getCount()).isZero();
      Windows.device().largestTensor(2 * LENGTH * 10); // rows of 10 features: two windows
      for (String id : List.of("a", "b", "c", "d")) {
        sequences.put(id, steps(5 * LENGTH, 7));
        stage.send(start(cut(id, sequences.get(id), 0, LENGTH)));
      }
      assertThat(stage.metrics().outOfMemory.getCount()).isEqualTo(1);
      assertThat(stage.metrics().maxSlots).isEqualTo(2);
      for (String id : sequences.keySet()) {
        stage.send(
            end(cut(id, sequences.get(id), LENGTH, 5 * LENGTH))); // eight windows in an event
      }
      stage.clock(10);
      isTold(sequences, source, stage);
      assertThat(stage.metrics().outOfMemory.getCount()).isEqualTo(1);
    }
  }

  @Test
  void aDeviceWithoutMemoryForOneWindowFailsTheJob() throws Exception {
    Stage stage = stage(OPTIONS, source("chordmixer", true));
    Windows.device().largestTensor(LENGTH * 10 - 1);
    stage.send(start(event("a", 0, new float[LENGTH - 1])));
    assertThatThrownBy(() -> stage.send(event("a", LENGTH - 1, 1)))
        .isInstanceOf(DeviceException.class)
        .hasMessageContaining("no memory for a single window or item of model chordmixer/1")
        .hasMessageContaining("No room for 80 values");
    assertThat(stage.letters()).isEmpty();
    stage.abandon();
  }
}
