package dev.riffle.operators;

import static dev.riffle.operators.Harness.OPTIONS;
import static dev.riffle.operators.Harness.at;
import static dev.riffle.operators.Harness.batches;
import static dev.riffle.operators.Harness.end;
import static dev.riffle.operators.Harness.event;
import static dev.riffle.operators.Harness.gaps;
import static dev.riffle.operators.Harness.start;
import static dev.riffle.operators.WindowModels.LENGTH;
import static dev.riffle.operators.WindowModels.STRIDE;
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

/** Models of windows in the operator: predictions, batches and failures. */
@SuppressWarnings("try")
@Timeout(120)
class WindowModelsTest {
  private static final int KEYS = 6;
  private static final int BATCH = 4;
  private static final SequenceOptions BATCHES = batches(BATCH, Duration.ofMillis(10));
  @TempDir static Path models;

  @BeforeAll
  static void writeModels() {
    WindowModels.write(models);
  }

  @BeforeEach
  void renewDevice() {
    WindowModels.renewDevice();
  }

  private static WindowModels.Source source(String family, boolean onDevice) {
    return new WindowModels.Source(models.toString(), family, onDevice);
  }

  private static Harness harness(SequenceOptions options, ModelSource<PredictionValues> source)
      throws Exception {
    return harness(options, source, null, 1, 0);
  }

  private static Harness harness(
      SequenceOptions options,
      ModelSource<PredictionValues> source,
      OperatorSubtaskState state,
      int parallelism,
      int subtask)
      throws Exception {
    return new Harness(options, source, new WindowModels.Mapper(), state, parallelism, subtask);
  }

  /** A harness after many events in a short time: the operator batches. */
  private static Harness busy(ModelSource<PredictionValues> source) throws Exception {
    Harness harness = harness(BATCHES, source);
    float[] window = new float[LENGTH];
    for (int i = 0; i < 20; i++) {
      harness.send(event("warm", (long) i * LENGTH, window));
    }
    harness.watermark(0);
    return harness;
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

  /** Interleaved sequences of several keys, in events of 0 to 11 steps. */
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

  private static void assertPredictions(
      Map<String, float[]> sequences, WindowModels.Source source, Harness... by) {
    sequences.forEach(
        (id, steps) -> {
          List<String> finals = new ArrayList<>();
          for (Harness harness : by) {
            finals.addAll(harness.finals(id));
          }
          assertThat(finals)
              .as("%s, %d steps", id, steps.length)
              .isEqualTo(source.predictions(0, steps));
        });
  }

  // ---- order and batches ----

  @ParameterizedTest
  @ValueSource(strings = {"chordmixer", "rse"})
  void predictionsEqualThoseOfTheModelForAnyEventsAndNeighbours(String family) throws Exception {
    WindowModels.Source source = source(family, false);
    for (int seed = 0; seed < 20; seed++) {
      Random random = new Random(seed);
      Map<String, float[]> sequences = sequences(random);
      Harness harness = harness(BATCHES, source);
      try (harness) {
        for (StepEvent event : interleaved(sequences, random)) {
          harness.send(event);
        }
      }
      assertPredictions(sequences, source, harness);
    }
  }

  @Test
  void aBatchIsFilledWithWindowsNotWithEvents() throws Exception {
    try (Harness harness = busy(source("chordmixer", false))) {
      long before = harness.metrics().inferenceRequests.getCount();
      for (int step = 0; step < LENGTH; step++) {
        for (String id : List.of("a", "b", "c", "d", "e")) {
          boolean last = step == LENGTH - 1 && id.equals("d");
          long windows = harness.metrics().inferenceRequests.getCount();
          harness.send(event(id, step, step));
          assertThat(harness.metrics().inferenceRequests.getCount() - windows)
              .as("windows computed when step %d of %s arrives", step, id)
              .isEqualTo(last ? BATCH : 0);
        }
      }
      assertThat(harness.metrics().inferenceRequests.getCount() - before).isEqualTo(BATCH);
      assertThat(harness.metrics().batchSize.getStatistics().getMax()).isEqualTo(BATCH);
      assertThat(harness.finals("d")).hasSize(1);
      assertThat(harness.finals("e")).as("waits for company").isEmpty();
      harness.clock(10);
      assertThat(harness.finals("e")).as("but no longer than the queue delay").hasSize(1);
    }
  }

  @Test
  void windowsThatDoNotFitWaitForTheNextBatch() throws Exception {
    try (Harness harness = busy(source("chordmixer", false))) {
      float[] three = steps(LENGTH + 2 * STRIDE, 1);
      harness.send(event("a", 0, three), event("b", 0, three));
      assertThat(harness.finals("a")).hasSize(3);
      assertThat(harness.finals("b")).isEmpty();
      harness.send(event("c", 0, steps(LENGTH, 2)));
      assertThat(harness.finals("b")).hasSize(3);
      assertThat(harness.finals("c")).hasSize(1);
    }
  }

  @Test
  void stepsQueueBehindAPendingWindowOfTheirKey() throws Exception {
    WindowModels.Source source = source("rse", false);
    float[] steps = steps(3 * LENGTH + 1, 1);
    try (Harness harness = busy(source)) {
      for (int i = 0; i < steps.length; i++) {
        harness.send(cut("a", steps, i, i + 1));
      }
      assertThat(harness.finals("a")).as("one event waits, fifteen queue behind it").isNotEmpty();
      harness.send(end(event("a", steps.length)));
      harness.clock(10);
      assertThat(harness.finals("a")).isEqualTo(source.predictions(0, steps));
    }
  }

  @Test
  void noCallComputesMoreWindowsThanABatchHasHoweverLongAnEventIs() throws Exception {
    WindowModels.Source source = source("chordmixer", false);
    float[] steps = steps(100, 1);
    try (Harness harness = harness(BATCHES, source)) {
      harness.send(start(event("a", 0, steps)), end(event("a", 100)));
      assertThat(harness.finals("a")).isEqualTo(source.predictions(0, steps));
      assertThat(harness.metrics().batchSize.getStatistics().getMax()).isEqualTo(BATCH);
      assertThat(harness.metrics().inferenceRequests.getCount()).isEqualTo(24);
    }
    float[] filled = new float[50];
    filled[0] = 1;
    filled[49] = 2;
    try (Harness harness = harness(BATCHES, source)) {
      harness.send(start(event("a", 0, 1)), end(event("a", 49, 2)));
      assertThat(harness.finals("a")).isEqualTo(source.predictions(0, filled));
      assertThat(harness.metrics().batchSize.getStatistics().getMax()).isLessThanOrEqualTo(BATCH);
    }
  }

  @Test
  void stepsThatAreOnlyStoredDoNotWaitForTheDeviceAndWindowsDo() throws Exception {
    WindowModels.Source source = source("chordmixer", true);
    float[] steps = steps(LENGTH, 1);
    try (Harness harness = harness(OPTIONS, source)) {
      harness.send(start(cut("a", steps, 0, 1)));
      CountDownLatch busy = new CountDownLatch(1);
      CountDownLatch release = new CountDownLatch(1);
      Thread other =
          new Thread(() -> WindowModels.device().device().call(() -> awaited(busy, release)));
      other.start();
      busy.await();
      harness.send(cut("a", steps, 1, LENGTH - 1)); // returns although the device is busy
      AtomicReference<Throwable> thrown = new AtomicReference<>();
      Thread task =
          new Thread(
              () -> {
                try {
                  harness.send(cut("a", steps, LENGTH - 1, LENGTH));
                } catch (Throwable e) {
                  thrown.set(e);
                }
              });
      task.start();
      FragileDevice.untilWaiting(task); // takes no further event: back-pressure
      assertThat(harness.finals("a")).isEmpty();
      release.countDown();
      task.join();
      other.join();
      assertThat(thrown).hasValue(null);
      assertThat(harness.finals("a")).isEqualTo(source.predictions(0, steps));
      assertThat(harness.metrics().deviceQueueLatency.getStatistics().getMax()).isPositive();
      assertThat(harness.metrics().assemblyLatency.getCount()).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"chordmixer", "rse"})
  void subtasksThatShareADevicePredictTheSameAsSeparateOnes(String family) throws Exception {
    WindowModels.Source source = source(family, true);
    Map<String, float[]> sequences = sequences(new Random(1));
    List<StepEvent> events = interleaved(sequences, new Random(1));
    int subtasks = 3;
    Harness[] harnesses = new Harness[subtasks];
    AtomicReference<Throwable> thrown = new AtomicReference<>();
    List<Thread> tasks = new ArrayList<>();
    for (int i = 0; i < subtasks; i++) {
      int subtask = i;
      harnesses[i] = harness(BATCHES, source, null, subtasks, i);
      tasks.add(
          new Thread(
              () -> {
                try {
                  for (StepEvent event : events) {
                    if (subtask(event, subtasks) == subtask) {
                      harnesses[subtask].send(event);
                    }
                  }
                  harnesses[subtask].endInput();
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
    for (Harness harness : harnesses) {
      harness.stop();
    }
    assertPredictions(sequences, source, harnesses);
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
  void theEndOfASessionCompletesTheBegunWindowWithItsTrueLength(String family) throws Exception {
    WindowModels.Source source = source(family, false);
    float[] steps = steps(LENGTH + STRIDE + 3, 2);
    try (Harness harness = harness(OPTIONS, source)) {
      harness.send(start(event("a", 0, steps)));
      int before = harness.finals("a").size();
      harness.send(end(event("a", steps.length)));
      assertThat(harness.finals("a"))
          .hasSizeGreaterThan(before)
          .isEqualTo(source.predictions(0, steps));
      // the last prediction is about the last steps
      String last = family.equals("rse") ? "15: 14+1 " : "15: 8+7 ";
      assertThat(harness.finals("a").get(harness.finals("a").size() - 1)).startsWith(last);
      assertThat(harness.sessions("a")).containsExactly("STARTED start 0", "ENDED end 15");
    }
  }

  @Test
  void idlenessCompletesItByTheWatermarkAndByTheNextEvent() throws Exception {
    WindowModels.Source source = source("chordmixer", false);
    float[] steps = steps(LENGTH + 1, 3);
    long later = 20_000_000;
    try (Harness harness = harness(OPTIONS, source)) {
      harness.send(start(event("a", 0, steps)), start(event("b", 0, steps)));
      harness.send(at(later, event("b", LENGTH + 1, 1, 2)));
      List<String> idle = new ArrayList<>(source.predictions(0, steps));
      assertThat(harness.finals("b")).isEqualTo(idle);
      harness.watermark(10_100);
      assertThat(harness.finals("a")).isEqualTo(idle);
      assertThat(harness.sessions("a")).endsWith("ENDED idle 9");
      harness.endInput();
      idle.addAll(source.predictions(LENGTH + 1, 1, 2));
      assertThat(harness.finals("b")).isEqualTo(idle);
      assertThat(harness.sessions("b")).endsWith("STARTED implied 9", "ENDED input-end 11");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"chordmixer", "rse"})
  void aGapIsFilledOrSeparatesWindows(String family) throws Exception {
    WindowModels.Source source = source(family, false);
    float[] steps = steps(40, 4);
    float[] filled = steps.clone();
    Arrays.fill(filled, 10, 13, 0);
    float[] head = Arrays.copyOfRange(steps, 0, 10);
    float[] tail = Arrays.copyOfRange(steps, 13, 40);
    for (GapPolicy policy : GapPolicy.values()) {
      try (Harness harness = harness(gaps(policy), source)) {
        harness.send(start(cut("a", steps, 0, 10)), cut("a", steps, 13, 30));
        harness.send(cut("a", steps, 30, 39), end(cut("a", steps, 39, 40)));
        List<String> expected =
            new ArrayList<>(source.predictions(0, policy == GapPolicy.FILL ? filled : head));
        if (policy == GapPolicy.RESET) {
          expected.addAll(source.predictions(13, tail));
        }
        assertThat(harness.finals("a")).as(policy.option()).isEqualTo(expected);
        assertThat(harness.deadLetters()).hasSize(policy == GapPolicy.DEAD_LETTER ? 3 : 0);
      }
    }
  }

  @Test
  void earlyEventsWaitAndLateOnesAreDeadLetters() throws Exception {
    WindowModels.Source source = source("rse", false);
    float[] steps = steps(24, 5);
    try (Harness harness = harness(OPTIONS, source)) {
      harness.send(start(cut("a", steps, 0, 3)), cut("a", steps, 9, 20), cut("a", steps, 6, 9));
      harness.send(cut("a", steps, 0, 5), cut("a", steps, 3, 6), end(cut("a", steps, 20, 24)));
      assertThat(harness.finals("a")).isEqualTo(source.predictions(0, steps));
      harness.send(start(at(60_000_000, cut("b", steps, 0, 4))));
      harness.send(at(60_000_006, cut("b", steps, 6, 24)));
      harness.watermark(62_000);
      harness.send(at(60_000_004, cut("b", steps, 4, 6)));
      assertThat(harness.metrics().lateEvents.getCount()).isEqualTo(1);
      assertThat(harness.errors())
          .singleElement()
          .asString()
          .contains("Steps 4 to 6 arrived after");
    }
  }

  @Test
  void anEventThatTheModelRefusesIsFilledAndItsNeighboursAreUntouched() throws Exception {
    WindowModels.Source source = source("chordmixer", false);
    float[] steps = steps(2 * LENGTH, 6);
    float[] filled = steps.clone();
    filled[LENGTH] = 0;
    try (Harness harness = busy(source)) {
      for (String id : List.of("a", "b", "c")) {
        harness.send(start(cut(id, steps, 0, LENGTH)));
      }
      harness.send(event("b", LENGTH, Float.NaN));
      for (String id : List.of("a", "b", "c")) {
        harness.send(end(cut(id, steps, LENGTH + (id.equals("b") ? 1 : 0), 2 * LENGTH)));
      }
      harness.clock(10);
      assertThat(harness.finals("a")).isEqualTo(source.predictions(0, steps));
      assertThat(harness.finals("b")).isEqualTo(source.predictions(0, filled));
      assertThat(harness.finals("c")).isEqualTo(source.predictions(0, steps));
      assertThat(harness.errors()).singleElement().asString().contains("must be finite");
    }
  }

  // ---- what survives ----

  @ParameterizedTest
  @ValueSource(strings = {"chordmixer", "rse"})
  void aSnapshotWithinWindowsContinuesWithTheSameBytesOnOneThreeAndTwoSubtasks(String family)
      throws Exception {
    WindowModels.Source source = source(family, false);
    for (int seed = 0; seed < 5; seed++) {
      Random random = new Random(seed);
      Map<String, float[]> sequences = sequences(random);
      List<StepEvent> events = interleaved(sequences, random);
      int third = events.size() / 3;
      List<Harness> all = new ArrayList<>();
      OperatorSubtaskState state = null;
      int from = 0;
      int before = 1;
      for (int subtasks : new int[] {1, 3, 2}) {
        int to = subtasks == 2 ? events.size() : from + third;
        Harness[] harnesses = new Harness[subtasks];
        for (int i = 0; i < subtasks; i++) {
          OperatorSubtaskState part =
              state == null
                  ? null
                  : AbstractStreamOperatorTestHarness.repartitionOperatorState(
                      state, Harness.MAX_PARALLELISM, before, subtasks, i);
          harnesses[i] = harness(BATCHES, source, part, subtasks, i);
        }
        for (StepEvent event : events.subList(from, to)) {
          harnesses[subtask(event, subtasks)].send(event);
        }
        OperatorSubtaskState[] states = new OperatorSubtaskState[subtasks];
        for (int i = 0; i < subtasks; i++) {
          states[i] = harnesses[i].snapshot();
        }
        state = AbstractStreamOperatorTestHarness.repackageState(states);
        for (Harness harness : harnesses) {
          harness.stop();
        }
        all.addAll(Arrays.asList(harnesses));
        from = to;
        before = subtasks;
      }
      assertPredictions(sequences, source, all.toArray(Harness[]::new));
    }
  }

  private static int subtask(StepEvent event, int subtasks) {
    return KeyGroupRangeAssignment.assignKeyToParallelOperator(
        event.sequenceId, Harness.MAX_PARALLELISM, subtasks);
  }

  @ParameterizedTest
  @ValueSource(strings = {"chordmixer", "rse"})
  void aDeviceThatFailsFailsTheJobAndARestartLosesNothing(String family) throws Exception {
    WindowModels.Source source = source(family, true);
    for (int seed = 0; seed < 10; seed++) {
      Random random = new Random(seed);
      Map<String, float[]> sequences = sequences(random);
      List<StepEvent> events = interleaved(sequences, random);
      int cut = events.size() / 2;
      Harness before = harness(BATCHES, source);
      for (StepEvent event : events.subList(0, cut)) {
        before.send(event);
      }
      OperatorSubtaskState state = before.snapshot();
      Map<String, List<String>> committed = new TreeMap<>();
      sequences.keySet().forEach(id -> committed.put(id, before.finals(id)));

      WindowModels.device().failAfter(1 + random.nextInt(4)); // during one of the next batches
      assertThatThrownBy(
              () -> {
                for (StepEvent event : events.subList(cut, events.size())) {
                  before.send(event);
                }
                before.endInput();
              })
          .isInstanceOf(DeviceException.class)
          .hasMessageContaining("The device fell off the bus.");
      assertThat(before.deadLetters()).isEmpty();
      before.abandon();

      Harness after = harness(BATCHES, source, state, 1, 0);
      try (after) {
        for (StepEvent event : events.subList(cut, events.size())) {
          after.send(event);
        }
      }
      sequences.forEach(
          (id, steps) -> {
            List<String> finals = new ArrayList<>(committed.get(id));
            finals.addAll(after.finals(id));
            assertThat(finals).as(id).isEqualTo(source.predictions(0, steps));
          });
    }
  }

  @Test
  void aDeviceWithoutMemoryGetsFewerWindowsAtOnce() throws Exception {
    WindowModels.Source source = source("chordmixer", true);
    Map<String, float[]> sequences = new TreeMap<>();
    try (Harness harness = busy(source)) {
      assertThat(harness.metrics().outOfMemory.getCount()).isZero();
      WindowModels.device().largestTensor(2 * LENGTH * 10); // 10 features per step: two windows
      for (String id : List.of("a", "b", "c", "d")) {
        sequences.put(id, steps(5 * LENGTH, 7));
        harness.send(start(cut(id, sequences.get(id), 0, LENGTH)));
      }
      assertThat(harness.metrics().outOfMemory.getCount()).isEqualTo(1);
      assertThat(harness.metrics().maxSlots).isEqualTo(2);
      for (String id : sequences.keySet()) {
        harness.send(
            end(cut(id, sequences.get(id), LENGTH, 5 * LENGTH))); // eight windows in an event
      }
      harness.clock(10);
      assertPredictions(sequences, source, harness);
      assertThat(harness.metrics().outOfMemory.getCount()).isEqualTo(1);
    }
  }

  @Test
  void aDeviceWithoutMemoryForOneWindowFailsTheJob() throws Exception {
    Harness harness = harness(OPTIONS, source("chordmixer", true));
    WindowModels.device().largestTensor(LENGTH * 10 - 1);
    harness.send(start(event("a", 0, new float[LENGTH - 1])));
    assertThatThrownBy(() -> harness.send(event("a", LENGTH - 1, 1)))
        .isInstanceOf(DeviceException.class)
        .hasMessageContaining("no memory for a single window or item of model chordmixer/1")
        .hasMessageContaining("No room for 80 values");
    assertThat(harness.deadLetters()).isEmpty();
    harness.abandon();
  }
}
