package dev.riffle.operators;

import static dev.riffle.operators.Harness.OPTIONS;
import static dev.riffle.operators.Harness.at;
import static dev.riffle.operators.Harness.end;
import static dev.riffle.operators.Harness.event;
import static dev.riffle.operators.Harness.gaps;
import static dev.riffle.operators.Harness.start;
import static org.assertj.core.api.Assertions.assertThat;

import dev.riffle.models.Format;
import dev.riffle.schemas.record.DeadLetter;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Each event is counted once, and answered for its own steps only. */
@SuppressWarnings("try")
class AccountingTest {
  /** A value that the mapper cannot convert. */
  private static final float UNWRITABLE = 1000;

  /** Answers each step; cannot convert sums from {@link #UNWRITABLE} on. */
  record StepMapper() implements OutputMapper<Float> {
    private static final RunningSum.Mapper TEXT = new RunningSum.Mapper();

    @Override
    public Optional<OutputRecord> toFinal(EmittedPrediction<Float> emitted) {
      if (emitted.prediction().value() >= UNWRITABLE) {
        throw new ArithmeticException("long overflow");
      }
      return TEXT.toFinal(emitted);
    }

    @Override
    public Optional<OutputRecord> toPreview(EmittedPrediction<Float> emitted) {
      return TEXT.toPreview(emitted);
    }

    @Override
    public Optional<Steps> covered(EmittedPrediction<Float> emitted) {
      long to = emitted.sessionStart() + emitted.prediction().position();
      return Optional.of(new Steps(to - 1, to));
    }
  }

  private static Harness harness(SequenceOptions options) throws Exception {
    return new Harness(options, new RunningSum.Source("one"), new StepMapper(), null, 1, 0);
  }

  private static SequenceOptions filling(long steps) {
    return new SequenceOptions(
        1,
        OPTIONS.maxQueueDelay(),
        0,
        OPTIONS.maxReorderEvents(),
        1 << 20,
        OPTIONS.maxReorderWait(),
        GapPolicy.FILL,
        steps,
        OPTIONS.maxSequenceIdle(),
        OPTIONS.wallClockIdle(),
        OPTIONS.stateTtl(),
        OPTIONS.onModelChange());
  }

  private static void assertThatEachIsCounted(Harness harness, long events) {
    OperatorMetrics metrics = harness.metrics();
    assertThat(
            metrics.usedEvents.getCount()
                + metrics.duplicateEvents.getCount()
                + metrics.deadLetters.getCount())
        .isEqualTo(events);
    assertThat(metrics.lateEvents.getCount()).isLessThanOrEqualTo(metrics.deadLetters.getCount());
    assertThat(harness.deadLetters()).hasSize((int) metrics.deadLetters.getCount());
  }

  // ---- gaps ----

  @Test
  void filledStepsAreComputedButNotAnswered() throws Exception {
    try (Harness harness = harness(gaps(GapPolicy.FILL))) {
      harness.send(start(event("a", 0, 1)), event("a", 3, 4, 5));
      harness.watermark(2000);
      harness.send(event("a", 5, RunningSum.POISON), end(event("a", 6, 1)));
      assertThat(harness.finals("a"))
          .containsExactly("1:1.0", "4:5.0", "5:10.0", "7:11.0", "7:-11.0");
      assertThat(harness.previews("a")).isEqualTo(harness.finals("a"));
      assertThat(harness.metrics().filledSteps.getCount()).isEqualTo(3);
      assertThatEachIsCounted(harness, 4);
    }
  }

  @ParameterizedTest
  @CsvSource({"8000, 8000", "192000, 192000", "0, 1000", "-1, 1000"})
  void byDefaultASecondOfTheStreamIsFilledAndNoMore(int rate, int most) throws Exception {
    for (int missing : new int[] {most, most + 1}) {
      try (Harness harness = harness(filling(SequenceOptions.FILL_A_SECOND))) {
        StepEvent first = start(event("a", 0, 1));
        StepEvent second = at(3_000_000, event("a", 1 + missing, 1));
        first.format = new Format(rate, 1);
        second.format = first.format;
        harness.send(first, second);
        harness.watermark(5000);
        boolean filled = missing == most;
        assertThat(harness.metrics().filledSteps.getCount()).isEqualTo(filled ? most : 0);
        assertThat(harness.finals("a")).hasSize(filled ? 2 : 3); // with the end of the session
        assertThat(harness.sessions("a")).hasSize(filled ? 2 : 4);
      }
    }
  }

  @Test
  void aMergedRangeOfGapsHidesNoAnswer() {
    Gaps gaps = Gaps.NONE;
    for (long i = 0; i < 20; i++) {
      gaps = gaps.plus(10 * i, 10 * i + 5);
    }
    assertThat(gaps.contains(190, 195)).isTrue();
    assertThat(gaps.contains(189, 195)).isFalse();
    assertThat(gaps.contains(190, 196)).isFalse();
    for (long i = 0; i < 20; i++) {
      assertThat(gaps.contains(10 * i + 5, 10 * i + 10)).as("real steps after gap " + i).isFalse();
    }
    assertThat(Gaps.NONE.contains(0, 1)).isFalse();
    assertThat(gaps.contains(192, 192)).as("no step").isFalse();
  }

  // ---- output ----

  @Test
  void anEventWhosePredictionCannotBeWrittenIsADeadLetterWithItsCoordinates() throws Exception {
    try (Harness harness = harness(OPTIONS)) {
      harness.send(start(event("a", 0, 1, UNWRITABLE, -UNWRITABLE)), event("a", 3, 2));
      harness.send(event("b", 0, UNWRITABLE), event("c", 0, 5));
      assertThat(harness.finals("a")).containsExactly("1:1.0", "3:1.0", "4:3.0");
      assertThat(harness.finals("c")).containsExactly("1:5.0");
      List<DeadLetter> letters = harness.deadLetters();
      assertThat(letters).extracting(DeadLetter::getSourceOffset).containsExactly(0L, 0L);
      assertThat(letters).extracting(DeadLetter::getSequenceId).containsExactly("a", "b");
      assertThat(letters.get(0).getError())
          .isEqualTo(
              "A prediction about this event could not be converted to a record of the output"
                  + " topics: java.lang.ArithmeticException: long overflow. The other predictions"
                  + " of the event are on the output topics.");
      assertThat(letters.get(0).getPayload().remaining()).isPositive();
      assertThat(harness.metrics().unwrittenPredictions.getCount()).isEqualTo(2);
      assertThatEachIsCounted(harness, 4);
    }
  }

  // ---- counts ----

  /** Overlaps, duplicates, gaps, early and late events, ends and values that the model refuses. */
  @ParameterizedTest
  @EnumSource(GapPolicy.class)
  void whateverEventsArriveEachIsCountedOnceAndAnswersAreOfRealSteps(GapPolicy policy)
      throws Exception {
    for (int seed = 0; seed < 40; seed++) {
      Random random = new Random(seed);
      int events = 200;
      try (Harness harness = harness(gaps(policy))) {
        Set<String> sent = new HashSet<>();
        long micros = 0;
        for (int i = 0; i < events; i++) {
          String id = "s" + random.nextInt(3);
          float[] values = new float[random.nextInt(4)];
          for (int t = 0; t < values.length; t++) {
            values[t] = random.nextInt(100) == 0 ? RunningSum.POISON : random.nextInt(5);
          }
          micros += random.nextInt(20) == 0 ? 2_000_000 : 1000;
          int position = i / 2 + random.nextInt(6) + (random.nextInt(30) == 0 ? 70 : 0);
          StepEvent event = at(micros - random.nextInt(3000), event(id, position, values));
          event.start = random.nextInt(40) == 0;
          event.end = values.length == 0 || random.nextInt(40) == 0;
          for (int t = 0; t < values.length; t++) {
            sent.add(id + " " + (position + t + 1));
          }
          harness.send(event);
          if (random.nextInt(10) == 0) {
            harness.watermark(Math.max(0, micros / 1000 - 100));
          }
        }
        harness.endInput();
        assertThatEachIsCounted(harness, events);
        List<String> invented = new ArrayList<>();
        for (String id : List.of("s0", "s1", "s2")) {
          for (String answer : harness.finals(id)) {
            String step = id + " " + answer.substring(0, answer.indexOf(':'));
            if (!sent.contains(step) && !answer.contains(":-")) {
              invented.add(step);
            }
          }
        }
        assertThat(invented).as("answers of steps that were not sent").isEmpty();
      }
    }
  }
}
