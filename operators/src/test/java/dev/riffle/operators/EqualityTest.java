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
 * The output of a sequence depends only on its own events: not on batches, watermarks, other
 * sequences, crashes or the number of subtasks. The tests use random sequences with duplicates,
 * overlaps, early and lost events, pauses, restarts and values that the model refuses.
 */
@SuppressWarnings("try")
class EqualityTest {
  private static final int KEYS = 12;

  /** A capture time at which every sequence is idle. */
  private static final long END = 10_000_000_000L;

  /** All output records by key, separately for each output. */
  private record Result(Map<String, List<List<String>>> byKey) {
    void isSame(Result other, String where) {
      byKey.forEach(
          (id, outputs) -> {
            for (int output = 0; output < outputs.size(); output++) {
              assertThat(outputs.get(output))
                  .as("%s, %s, output %d", where, id, output)
                  .isEqualTo(other.byKey.get(id).get(output));
            }
          });
    }

    static Result of(Harness... harnesses) {
      Map<String, List<List<String>>> all = new TreeMap<>();
      for (int k = 0; k < KEYS; k++) {
        String id = "key-" + k;
        List<List<String>> outputs =
            List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        for (Harness harness : harnesses) {
          outputs.get(0).addAll(harness.finals(id));
          outputs.get(1).addAll(harness.bytes(SideOutputs.SESSIONS, id));
          outputs.get(2).addAll(harness.bytes(SideOutputs.DEAD_LETTERS, id));
        }
        all.put(id, outputs);
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
          micros += 15_000_000; // a pause
        }
        float[] values = new float[random.nextInt(6)];
        for (int v = 0; v < values.length; v++) {
          values[v] = random.nextInt(60) == 0 ? RunningSum.POISON : random.nextInt(10);
        }
        StepEvent event = Harness.at(micros, Harness.event(id, position, values));
        event.start = i == 0 && random.nextInt(4) > 0;
        event.end = i == count - 1 && random.nextInt(4) > 0;
        if (random.nextInt(20) > 0) {
          session.add(event); // else lost
        }
        if (random.nextInt(10) == 0 && values.length > 1) {
          int from = random.nextInt(values.length);
          session.add(
              Harness.at(
                  micros + from * 1000L,
                  Harness.event(
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

  /** Sends events and, now and then, the highest watermark that makes no later event late. */
  private static void send(Harness harness, List<StepEvent> events, int from, int to, Random when)
      throws Exception {
    for (int i = from; i < to; i++) {
      harness.send(events.get(i));
      if (when.nextInt(10) == 0) {
        long next = END;
        for (StepEvent event : events.subList(i + 1, events.size())) {
          next = Math.min(next, event.captureMicros);
        }
        harness.watermark(Math.floorDiv(next, 1000L) - 1);
      }
    }
    if (to == events.size()) {
      harness.watermark(END / 1000);
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
    Harness harness = new Harness(options(policy, batch));
    try (harness) {
      send(harness, events, 0, events.size(), when);
    }
    return Result.of(harness);
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
      List<StepEvent> single = new ArrayList<>(events);
      single.removeIf(event -> !event.sequenceId.equals("key-3"));
      assertThat(undisturbed(GapPolicy.FILL, single, new Random(), 7).byKey().get("key-3"))
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
      Harness before = new Harness(options(policy, 7));
      send(before, events, 0, cut, random);
      Callable<OperatorSubtaskState> snapshot = before.snapshotWrittenLater();
      Result committed = Result.of(before);
      send(before, events, cut, crash, random);
      OperatorSubtaskState state = snapshot.call();
      before.abandon();
      Harness after = new Harness(options(policy, 7), "one", state, 1, 0);
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
      Harness one = new Harness(options(GapPolicy.RESET, 7));
      send(one, events, 0, cut, new Random(seed));
      OperatorSubtaskState state = one.snapshot();
      one.abandon();
      Harness[] two = new Harness[2];
      for (int i = 0; i < 2; i++) {
        OperatorSubtaskState part =
            AbstractStreamOperatorTestHarness.repartitionOperatorState(
                state, Harness.MAX_PARALLELISM, 1, 2, i);
        two[i] = new Harness(options(GapPolicy.RESET, 7), "one", part, 2, i);
      }
      for (StepEvent event : events.subList(cut, events.size())) {
        int subtask =
            KeyGroupRangeAssignment.assignKeyToParallelOperator(
                event.sequenceId, Harness.MAX_PARALLELISM, 2);
        two[subtask].send(event);
      }
      for (Harness harness : two) {
        harness.watermark(END / 1000);
        harness.endInput();
        harness.stop();
      }
      joined(Result.of(one), Result.of(two)).isSame(undisturbed, "seed " + seed);
    }
  }

  @Test
  void theRandomSequencesMeetEveryRule() throws Exception {
    Harness harness = new Harness(options(GapPolicy.FILL, 7));
    try (harness) {
      for (int seed = 0; seed < 5; seed++) {
        List<StepEvent> events = interleaved(new Random(seed));
        send(harness, events, 0, events.size(), new Random(seed));
      }
    }
    OperatorMetrics metrics = harness.metrics();
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
            (id, outputs) -> {
              List<List<String>> both = new ArrayList<>();
              for (int output = 0; output < outputs.size(); output++) {
                List<String> texts = new ArrayList<>(outputs.get(output));
                texts.addAll(second.byKey().get(id).get(output));
                both.add(texts);
              }
              all.put(id, both);
            });
    return new Result(all);
  }
}
