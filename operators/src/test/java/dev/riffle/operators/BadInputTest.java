package dev.riffle.operators;

import static dev.riffle.operators.Harness.OPTIONS;
import static dev.riffle.operators.Harness.at;
import static dev.riffle.operators.Harness.batches;
import static dev.riffle.operators.Harness.end;
import static dev.riffle.operators.Harness.event;
import static dev.riffle.operators.Harness.gaps;
import static dev.riffle.operators.Harness.start;
import static org.assertj.core.api.Assertions.assertThat;

import dev.riffle.models.Format;
import dev.riffle.schemas.AvroCodec;
import dev.riffle.schemas.record.DeadLetter;
import dev.riffle.schemas.record.SequenceEvent;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Bad input never stops a stream and is never lost. */
@SuppressWarnings("try")
class BadInputTest {
  private static StepEvent of(Format format, StepEvent event) {
    event.format = format;
    return event;
  }

  @Test
  void aFormatThatTheModelRefusesIsADeadLetterAndStoresNothing() throws Exception {
    try (Harness harness = new Harness(OPTIONS)) {
      harness.send(start(of(new Format(1000, 2), event("a", 0, 1, 2))));
      assertThat(harness.errors()).containsExactly("Expected steps of width 1 but got 2.");
      assertThat(harness.keysKept()).isZero();
      assertThat(harness.sessions("a")).isEmpty();
    }
  }

  @Test
  void aChangeOfFormatIsADeadLetterAndTheSessionContinues() throws Exception {
    try (Harness harness = new Harness(OPTIONS)) {
      harness.send(start(event("a", 0, 1)), of(new Format(44100, 1), event("a", 1, 2)));
      harness.send(event("a", 1, 3));
      assertThat(harness.finals("a")).containsExactly("1:1.0", "2:4.0");
      assertThat(harness.errors())
          .containsExactly(
              "Expected steps of width 1 at rate 1000 as since the start of the session but got"
                  + " steps of width 1 at rate 44100. Begin a new session with sequence_start when"
                  + " the format changes.");
    }
  }

  @Test
  void aChangeOfAttributesThatTheModelPermitsReachesItAndAGapRepeatsTheLastOnes() throws Exception {
    try (Harness harness = new Harness(gaps(GapPolicy.FILL))) {
      harness.send(start(of(offset(1), event("a", 0, 1))), of(offset(10), event("a", 1, 1)));
      harness.send(of(offset(100), event("a", 2, RunningSum.POISON)));
      harness.send(of(offset(0), event("a", 3, 1)));
      assertThat(harness.finals("a")).containsExactly("1:2.0", "2:13.0", "3:23.0", "4:24.0");
      assertThat(harness.errors())
          .containsExactly("Expected anything but 13. Send another number.");
    }
  }

  private static Format offset(int value) {
    return new Format(1000, 1, Map.of(RunningSum.OFFSET, "" + value));
  }

  @Test
  void anEventTheModelRefusesIsADeadLetterAndItsStepsAreFilled() throws Exception {
    try (Harness harness = new Harness(gaps(GapPolicy.FILL))) {
      harness.send(start(event("a", 0, 1)), event("a", 1, 2, RunningSum.POISON), event("a", 3, 4));
      assertThat(harness.finals("a")).containsExactly("1:1.0", "2:1.0", "3:1.0", "4:5.0");
      assertThat(harness.sessions("a")).containsExactly("STARTED start 0", "GAP refused 1+2");
      assertThat(harness.errors())
          .containsExactly("Expected anything but 13. Send another number.");
      assertThat(harness.metrics().inferenceFailures.getCount()).isEqualTo(1);
    }
  }

  @Test
  void anEventTheModelRefusesResetsUnderThatPolicy() throws Exception {
    try (Harness harness = new Harness(gaps(GapPolicy.RESET))) {
      harness.send(start(event("a", 0, 1)), event("a", 1, RunningSum.POISON), event("a", 2, 4));
      assertThat(harness.finals("a")).containsExactly("1:1.0", "1:-1.0", "3:4.0");
      assertThat(harness.sessions("a"))
          .containsExactly(
              "STARTED start 0", "GAP refused 1+1", "ENDED refused 1", "STARTED refused 2");
    }
  }

  @Test
  void anEventTheModelRefusesEndsTheSessionUnderTheDeadLetterPolicy() throws Exception {
    try (Harness harness = new Harness(gaps(GapPolicy.DEAD_LETTER))) {
      harness.send(start(event("a", 0, 1)), event("a", 1, RunningSum.POISON), event("a", 2, 4));
      assertThat(harness.finals("a")).containsExactly("1:1.0", "1:-1.0");
      assertThat(harness.sessions("a"))
          .containsExactly("STARTED start 0", "GAP refused 1+1", "ENDED refused 1");
      assertThat(harness.deadLetters()).hasSize(2);
    }
  }

  @Test
  void anEventThatBreaksTheModelIsADeadLetterToo() throws Exception {
    try (Harness harness = new Harness(OPTIONS)) {
      harness.send(start(event("a", 0, 1)), end(event("a", 1, RunningSum.BREAK)));
      assertThat(harness.finals("a")).containsExactly("1:1.0", "2:1.0", "2:-1.0");
      assertThat(harness.sessions("a")).endsWith("GAP refused 1+1", "ENDED end 2");
      assertThat(harness.errors().get(0)).contains("could not compute").contains("broken");
    }
  }

  @Test
  void oneBadItemDoesNotChangeTheRestOfItsBatch() throws Exception {
    try (Harness harness = new Harness(batches(3, Duration.ofSeconds(1)))) {
      harness.send(event("w", 0, 0), event("w", 1, 0), event("w", 2, 0), event("w", 3, 0));
      harness.send(event("w", 4, 0), event("w", 5, 0), event("w", 6, 0), event("w", 7, 0));
      harness.send(event("a", 0, 1), event("b", 0, RunningSum.POISON), event("c", 0, 3));
      harness.watermark(100);
      assertThat(harness.finals("a")).containsExactly("1:1.0");
      assertThat(harness.finals("b")).containsExactly("1:0.0");
      assertThat(harness.finals("c")).containsExactly("1:3.0");
      assertThat(harness.deadLetters()).hasSize(1);
    }
  }

  @Test
  void invalidPositionsAndShapesAreDeadLetters() throws Exception {
    try (Harness harness = new Harness(OPTIONS)) {
      harness.send(event("a", -1, 1), event("a", Long.MAX_VALUE, 1));
      harness.send(of(new Format(0, 0), event("a", 0, 1)), of(new Format(0, 3), event("a", 0, 1)));
      assertThat(harness.errors()).hasSize(4);
      assertThat(harness.errors().get(1)).startsWith("Expected a position from 0");
      assertThat(harness.errors().get(2)).startsWith("Expected whole steps of 0 values");
      assertThat(harness.keysKept()).isZero();
    }
  }

  @Test
  void extremeCaptureTimesBreakNothing() throws Exception {
    try (Harness harness = new Harness(OPTIONS)) {
      long far = Long.MAX_VALUE;
      harness.send(at(Long.MIN_VALUE, event("a", 0, 1)), at(far, event("a", 1, 2)));
      harness.send(at(far, event("b", 0, 1)), at(far, event("b", 2, 2)));
      harness.send(at(Long.MIN_VALUE, event("b", 3, 2)));
      assertThat(harness.sessions("a"))
          .containsExactly("STARTED implied 0", "ENDED idle 1", "STARTED implied 1");
      assertThat(harness.sessions("b"))
          .containsExactly("STARTED implied 0", "ENDED idle 1", "STARTED implied 2");
      assertThat(harness.finals("b")).containsExactly("1:1.0", "1:-1.0", "3:2.0", "4:4.0");
    }
  }

  @Test
  void aDeadLetterNamesItsSourceAndContainsTheSteps() throws Exception {
    try (Harness harness = new Harness(OPTIONS)) {
      StepEvent bad = of(new Format(8, 2), event("a", 4, 1, 2));
      bad.origin = new SourceCoordinates("riffle.pump.in.v1", 5, 99, 1234);
      harness.send(bad);
      OutputRecord record = harness.side(SideOutputs.DEAD_LETTERS).get(0);
      assertThat(record.headers)
          .containsExactly(
              "source_topic",
              "riffle.pump.in.v1",
              "source_partition",
              "5",
              "source_offset",
              "99",
              "source_timestamp",
              "1234",
              "error",
              "Expected steps of width 1 but got 2.");
      DeadLetter letter = harness.deadLetters().get(0);
      assertThat(letter.getSourceTopic()).isEqualTo("riffle.pump.in.v1");
      assertThat(letter.getSourcePartition()).isEqualTo(5);
      SequenceEvent steps = AvroCodec.of(SequenceEvent.class).decode(letter.getPayload().array());
      assertThat(steps.getPosition()).isEqualTo(4);
      assertThat(steps.getShape()).isEqualTo(List.of(1, 2));
    }
  }

  @Test
  void aDeadLetterHasAHeaderForEachAttributeOfTheFormat() {
    Format format = new Format(0, 1, Map.of("genetic-code", "4", "channel", "17"));
    OutputRecord record = new DeadLetters().unusable(of(format, event("a", 4, 1)), "Expected 2.");
    assertThat(record.headers)
        .endsWith("error", "Expected 2.", "channel", "17", "genetic-code", "4");
  }

  @Test
  void theLimitCutsOffThePayloadOfADeadLetter() {
    DeadLetters letters = new DeadLetters(3);
    byte[] key = {'k'};
    OutputRecord record = letters.undecodable(null, key, new byte[] {1, 2, 3, 4, 5}, "Expected 6.");
    DeadLetter letter = AvroCodec.of(DeadLetter.class).decode(record.value);
    assertThat(record.key).isEqualTo("k");
    assertThat(letter.getKey()).isEqualTo(ByteBuffer.wrap(key));
    assertThat(letter.getPayload()).isEqualTo(ByteBuffer.wrap(new byte[] {1, 2, 3}));
    assertThat(letter.getPayloadBytes()).isEqualTo(5);
    assertThat(letter.getSourceOffset()).isEqualTo(-1);
    OutputRecord empty = letters.undecodable(null, null, null, "Expected more.");
    assertThat(AvroCodec.of(DeadLetter.class).decode(empty.value).getPayload()).isNull();
  }
}
