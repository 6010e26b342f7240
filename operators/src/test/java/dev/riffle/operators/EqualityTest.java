package dev.riffle.operators;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.apache.flink.streaming.util.AbstractStreamOperatorTestHarness;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What comes out of a sequence depends on its own events alone: not on batches, watermarks, other
 * sequences, crashes or the number of subtasks. Random sequences with duplicates, overlaps, early
 * and lost events, silence, new starts and values the model refuses.
 */
@SuppressWarnings("try")
class EqualityTest {
  private static final int KEYS = 12;

  /** A capture time at which every sequence has idled out. */
  private static final long END = 10_000_000_000L;

  /** Everything that came out, by key, each lane in its order. */
  private record Result(Map<String, List<List<String>>> byKey) {
    void isSame(Result other, String where) {
      byKey.forEach(
          (id, lanes) -> {
            for (int lane = 0; lane < lanes.size(); lane++) {
              assertThat(lanes.get(lane))
                  .as("%s, %s, lane %d", where, id, lane)
                  .isEqualTo(other.byKey.get(id).get(lane));
            }
          });
    }

    static Result of(Stage... stages) {
      Map<String, List<List<String>>> all = new TreeMap<>();
      for (int k = 0; k < KEYS; k++) {
        String id = "key-" + k;
        List<List<String>> lanes = List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        for (Stage stage : stages) {
          lanes.get(0).addAll(stage.finals(id));
          lanes.get(1).addAll(stage.bytes(SideOutputs.SESSIONS, id));
          lanes.get(2).addAll(stage.bytes(SideOutputs.DEAD_LETTERS, id));
        }
        all.put(id, lanes);
      }
      return new Result(all);
    }
  }

  /** Events of one key in the order of their arrival. */
  private static List<StepEvent> sequence(String id, Random random) {
    List<StepEvent> events = new ArrayList<>();
    long micros = random.nextInt(5_000_000);
    int sessions = 1 + random.nextInt(4);
    for (int s = 0; s < sessions; s++) {
      List<StepEvent> session = new ArrayList<>();
      long position = random.nextInt(3) == 0 ? 100 : 0;
      int count = 5 + random.nextInt(20);
      for (int i = 0; i < count; i++) {
        if (random.nextInt(25) == 0) {
          micros += 15_000_000; // silence
        }
        float[] values = new float[random.nextInt(6)];
        for (int v = 0; v < values.length; v++) {
          values[v] = random.nextInt(60) == 0 ? RunningSum.POISON : random.nextInt(10);
        }
        StepEvent event = Stage.at(micros, Stage.event(id, position, values));
        event.start = i == 0 && random.nextInt(4) > 0;
        event.end = i == count - 1 && random.nextInt(4) > 0;
        if (random.nextInt(20) > 0) {
          session.add(event); // else lost
        }
        if (random.nextInt(10) == 0 && values.length > 1) {
          int from = random.nextInt(values.length);
          session.add(
              Stage.at(
                  micros + from * 1000L,
                  Stage.event(
                      id, position + from, Arrays.copyOfRange(values, from, values.length))));
        }
        if (random.nextInt(8) == 0 && !session.isEmpty()) {
          session.add(session.get(random.nextInt(session.size())));
        }
        position += values.length - (random.nextInt(10) == 0 && values.length > 0 ? 1 : 0);
        micros += values.length * 1000L;
      }
      for (int i = 2; i < session.size(); i++) {
        if (random.nextInt(6) == 0) {
          Collections.swap(session, i, i - 1 - random.nextInt(i - 1));
        }
      }
      events.addAll(session);
      micros += random.nextInt(30_000_000);
    }
    return events;
  }

  private static List<StepEvent> interleaved(Random random) {
    List<List<StepEvent>> sequences = new ArrayList<>();
    for (int k = 0; k < KEYS; k++) {
      sequences.add(sequence("key-" + k, random));
    }
    List<StepEvent> all = new ArrayList<>();
    while (!sequences.isEmpty()) {
      List<StepEvent> sequence = sequences.get(random.nextInt(sequences.size()));
      all.add(sequence.remove(0));
      sequences.removeIf(List::isEmpty);
    }
    return all;
  }

  /** Sends events and now and then the best watermark there is: none that comes is behind it. */
  private static void send(Stage stage, List<StepEvent> events, int from, int to, Random when)
      throws Exception {
    for (int i = from; i < to; i++) {
      stage.send(events.get(i));
      if (when.nextInt(10) == 0) {
        long next = END;
        for (StepEvent event : events.subList(i + 1, events.size())) {
          next = Math.min(next, event.captureMicros);
        }
        stage.watermark(Math.floorDiv(next, 1000L) - 1);
      }
    }
    if (to == events.size()) {
      stage.watermark(END / 1000);
    }
  }

  private static SequenceOptions options(GapPolicy policy, int batch) {
    return new SequenceOptions(
        batch,
        Duration.ofSeconds(1),
        0,
        4,
        100,
        Duration.ofMillis(30),
        policy,
        8,
        Duration.ofSeconds(10),
        Duration.ZERO,
        Duration.ofSeconds(20),
        StatePolicy.REFUSE);
  }

  private static Result undisturbed(
      GapPolicy policy, List<StepEvent> events, Random when, int batch) throws Exception {
    Stage stage = new Stage(options(policy, batch));
    try (stage) {
      send(stage, events, 0, events.size(), when);
    }
    return Result.of(stage);
  }

  @ParameterizedTest
  @EnumSource(GapPolicy.class)
  void batchesAndWatermarksChangeNothing(GapPolicy policy) throws Exception {
    for (int seed = 0; seed < 8; seed++) {
      List<StepEvent> events = interleaved(new Random(seed));
      Result one = undisturbed(policy, events, new Random(seed), 1);
      for (int batch : new int[] {2, 7, 64}) {
        undisturbed(policy, events, new Random(seed + batch), batch)
            .isSame(one, "seed " + seed + ", batches of " + batch);
      }
    }
  }

  @Test
  void otherSequencesChangeNothing() throws Exception {
    for (int seed = 0; seed < 8; seed++) {
      List<StepEvent> events = interleaved(new Random(seed));
      Result all = undisturbed(GapPolicy.FILL, events, new Random(seed), 7);
      List<StepEvent> alone = new ArrayList<>(events);
      alone.removeIf(event -> !event.sequenceId.equals("key-3"));
      assertThat(undisturbed(GapPolicy.FILL, alone, new Random(), 7).byKey().get("key-3"))
          .isEqualTo(all.byKey().get("key-3"));
    }
  }

  @ParameterizedTest
  @EnumSource(GapPolicy.class)
  void aCrashChangesNothing(GapPolicy policy) throws Exception {
    for (int seed = 0; seed < 8; seed++) {
      List<StepEvent> events = interleaved(new Random(seed));
      Random random = new Random(seed);
      Result undisturbed = undisturbed(policy, events, random, 7);
      int cut = random.nextInt(events.size());
      int crash = cut + random.nextInt(events.size() - cut);
      Stage before = new Stage(options(policy, 7));
      send(before, events, 0, cut, random);
      Callable<OperatorSubtaskState> snapshot = before.snapshotWrittenLater();
      Result committed = Result.of(before);
      send(before, events, cut, crash, random);
      OperatorSubtaskState state = snapshot.call();
      before.abandon();
      Stage after = new Stage(options(policy, 7), "one", state, 1, 0);
      try (after) {
        send(after, events, cut, events.size(), random);
      }
      joined(committed, Result.of(after)).isSame(undisturbed, "seed " + seed);
    }
  }

  @Test
  void moreSubtasksChangeNothing() throws Exception {
    for (int seed = 0; seed < 8; seed++) {
      List<StepEvent> events = interleaved(new Random(seed));
      Result undisturbed = undisturbed(GapPolicy.RESET, events, new Random(seed), 7);
      int cut = events.size() / 2;
      Stage one = new Stage(options(GapPolicy.RESET, 7));
      send(one, events, 0, cut, new Random(seed));
      OperatorSubtaskState state = one.snapshot();
      one.abandon();
      Stage[] two = new Stage[2];
      for (int i = 0; i < 2; i++) {
        OperatorSubtaskState part =
            AbstractStreamOperatorTestHarness.repartitionOperatorState(
                state, Stage.MAX_PARALLELISM, 1, 2, i);
        two[i] = new Stage(options(GapPolicy.RESET, 7), "one", part, 2, i);
      }
      for (StepEvent event : events.subList(cut, events.size())) {
        int subtask =
            KeyGroupRangeAssignment.assignKeyToParallelOperator(
                event.sequenceId, Stage.MAX_PARALLELISM, 2);
        two[subtask].send(event);
      }
      for (Stage stage : two) {
        stage.watermark(END / 1000);
        stage.endInput();
        stage.stop();
      }
      joined(Result.of(one), Result.of(two)).isSame(undisturbed, "seed " + seed);
    }
  }

  @Test
  void theRandomSequencesMeetEveryRule() throws Exception {
    Stage stage = new Stage(options(GapPolicy.FILL, 7));
    try (stage) {
      for (int seed = 0; seed < 5; seed++) {
        List<StepEvent> events = interleaved(new Random(seed));
        send(stage, events, 0, events.size(), new Random(seed));
      }
    }
    OperatorMetrics metrics = stage.metrics();
    assertThat(metrics.duplicateEvents.getCount()).isPositive();
    assertThat(metrics.trimmedSteps.getCount()).isPositive();
    assertThat(metrics.filledSteps.getCount()).isPositive();
    assertThat(metrics.gaps.getCount()).isPositive();
    assertThat(metrics.lateEvents.getCount()).isPositive();
    assertThat(metrics.inferenceFailures.getCount()).isPositive();
    assertThat(metrics.batchSize.getStatistics().getMax()).isGreaterThan(1);
  }

  private static Result joined(Result first, Result second) {
    Map<String, List<List<String>>> all = new TreeMap<>();
    first
        .byKey()
        .forEach(
            (id, lanes) -> {
              List<List<String>> both = new ArrayList<>();
              for (int lane = 0; lane < lanes.size(); lane++) {
                List<String> texts = new ArrayList<>(lanes.get(lane));
                texts.addAll(second.byKey().get(id).get(lane));
                both.add(texts);
              }
              all.put(id, both);
            });
    return new Result(all);
  }
}
