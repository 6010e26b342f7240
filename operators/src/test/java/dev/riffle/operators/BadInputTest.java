package dev.riffle.operators;

import static dev.riffle.operators.Stage.OPTIONS;
import static dev.riffle.operators.Stage.at;
import static dev.riffle.operators.Stage.batches;
import static dev.riffle.operators.Stage.end;
import static dev.riffle.operators.Stage.event;
import static dev.riffle.operators.Stage.gaps;
import static dev.riffle.operators.Stage.start;
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

/** Bad input never stops a stream and never vanishes. */
@SuppressWarnings("try")
class BadInputTest {
  private static StepEvent of(Format format, StepEvent event) {
    event.format = format;
    return event;
  }

  @Test
  void aFormatThatTheModelRefusesIsADeadLetterAndNothingIsKept() throws Exception {
    try (Stage stage = new Stage(OPTIONS)) {
      stage.send(start(of(new Format(1000, 2), event("a", 0, 1, 2))));
      assertThat(stage.errors()).containsExactly("Expected steps of width 1 but got 2.");
      assertThat(stage.keysKept()).isZero();
      assertThat(stage.sessions("a")).isEmpty();
    }
  }

  @Test
  void aChangeOfFormatIsADeadLetterAndTheSessionGoesOn() throws Exception {
    try (Stage stage = new Stage(OPTIONS)) {
      stage.send(start(event("a", 0, 1)), of(new Format(44100, 1), event("a", 1, 2)));
      stage.send(event("a", 1, 3));
      assertThat(stage.finals("a")).containsExactly("1:1.0", "2:4.0");
      assertThat(stage.errors())
          .containsExactly(
              "Expected steps of width 1 at rate 1000 as since the start of the session but got"
                  + " steps of width 1 at rate 44100. Begin a new session with sequence_start when"
                  + " the format changes.");
    }
  }

  @Test
  void aChangeOfAttributesThatTheModelPermitsReachesItAndAGapRepeatsTheLastOnes() throws Exception {
    try (Stage stage = new Stage(gaps(GapPolicy.FILL))) {
      stage.send(start(of(offset(1), event("a", 0, 1))), of(offset(10), event("a", 1, 1)));
      stage.send(of(offset(100), event("a", 2, RunningSum.POISON)));
      stage.send(of(offset(0), event("a", 3, 1)));
      assertThat(stage.finals("a")).containsExactly("1:2.0", "2:13.0", "3:23.0", "4:24.0");
      assertThat(stage.errors()).containsExactly("Expected anything but 13. Send another number.");
    }
  }

  private static Format offset(int value) {
    return new Format(1000, 1, Map.of(RunningSum.OFFSET, "" + value));
  }

  @Test
  void anEventTheModelRefusesIsADeadLetterAndItsStepsAreFilled() throws Exception {
    try (Stage stage = new Stage(gaps(GapPolicy.FILL))) {
      stage.send(start(event("a", 0, 1)), event("a", 1, 2, RunningSum.POISON), event("a", 3, 4));
      assertThat(stage.finals("a")).containsExactly("1:1.0", "2:1.0", "3:1.0", "4:5.0");
      assertThat(stage.sessions("a")).containsExactly("STARTED start 0", "GAP refused 1+2");
      assertThat(stage.errors()).containsExactly("Expected anything but 13. Send another number.");
      assertThat(stage.metrics().inferenceFailures.getCount()).isEqualTo(1);
    }
  }

  @Test
  void anEventTheModelRefusesResetsUnderThatPolicy() throws Exception {
    try (Stage stage = new Stage(gaps(GapPolicy.RESET))) {
      stage.send(start(event("a", 0, 1)), event("a", 1, RunningSum.POISON), event("a", 2, 4));
      assertThat(stage.finals("a")).containsExactly("1:1.0", "1:-1.0", "3:4.0");
      assertThat(stage.sessions("a"))
          .containsExactly(
              "STARTED start 0", "GAP refused 1+1", "ENDED refused 1", "STARTED refused 2");
    }
  }

  @Test
  void anEventTheModelRefusesEndsTheSessionUnderTheDeadLetterPolicy() throws Exception {
    try (Stage stage = new Stage(gaps(GapPolicy.DEAD_LETTER))) {
      stage.send(start(event("a", 0, 1)), event("a", 1, RunningSum.POISON), event("a", 2, 4));
      assertThat(stage.finals("a")).containsExactly("1:1.0", "1:-1.0");
      assertThat(stage.sessions("a"))
          .containsExactly("STARTED start 0", "GAP refused 1+1", "ENDED refused 1");
      assertThat(stage.letters()).hasSize(2);
    }
  }

  @Test
  void anEventThatBreaksTheModelIsADeadLetterToo() throws Exception {
    try (Stage stage = new Stage(OPTIONS)) {
      stage.send(start(event("a", 0, 1)), end(event("a", 1, RunningSum.BREAK)));
      assertThat(stage.finals("a")).containsExactly("1:1.0", "2:1.0", "2:-1.0");
      assertThat(stage.sessions("a")).endsWith("GAP refused 1+1", "ENDED end 2");
      assertThat(stage.errors().get(0)).contains("could not compute").contains("broken");
    }
  }

  @Test
  void oneBadRowLeavesTheRestOfItsBatchAsItWouldBe() throws Exception {
    try (Stage stage = new Stage(batches(3, Duration.ofSeconds(1)))) {
      stage.send(event("w", 0, 0), event("w", 1, 0), event("w", 2, 0), event("w", 3, 0));
      stage.send(event("w", 4, 0), event("w", 5, 0), event("w", 6, 0), event("w", 7, 0));
      stage.send(event("a", 0, 1), event("b", 0, RunningSum.POISON), event("c", 0, 3));
      stage.watermark(100);
      assertThat(stage.finals("a")).containsExactly("1:1.0");
      assertThat(stage.finals("b")).containsExactly("1:0.0");
      assertThat(stage.finals("c")).containsExactly("1:3.0");
      assertThat(stage.letters()).hasSize(1);
    }
  }

  @Test
  void hostilePositionsAndShapesAreDeadLetters() throws Exception {
    try (Stage stage = new Stage(OPTIONS)) {
      stage.send(event("a", -1, 1), event("a", Long.MAX_VALUE, 1));
      stage.send(of(new Format(0, 0), event("a", 0, 1)), of(new Format(0, 3), event("a", 0, 1)));
      assertThat(stage.errors()).hasSize(4);
      assertThat(stage.errors().get(1)).startsWith("Expected a position from 0");
      assertThat(stage.errors().get(2)).startsWith("Expected whole steps of 0 values");
      assertThat(stage.keysKept()).isZero();
    }
  }

  @Test
  void hostileCaptureTimesAreLivedWith() throws Exception {
    try (Stage stage = new Stage(OPTIONS)) {
      long far = Long.MAX_VALUE;
      stage.send(at(Long.MIN_VALUE, event("a", 0, 1)), at(far, event("a", 1, 2)));
      stage.send(at(far, event("b", 0, 1)), at(far, event("b", 2, 2)));
      stage.send(at(Long.MIN_VALUE, event("b", 3, 2)));
      assertThat(stage.sessions("a"))
          .containsExactly("STARTED implied 0", "ENDED idle 1", "STARTED implied 1");
      assertThat(stage.sessions("b"))
          .containsExactly("STARTED implied 0", "ENDED idle 1", "STARTED implied 2");
      assertThat(stage.finals("b")).containsExactly("1:1.0", "1:-1.0", "3:2.0", "4:4.0");
    }
  }

  @Test
  void aDeadLetterNamesItsOriginAndHoldsTheSteps() throws Exception {
    try (Stage stage = new Stage(OPTIONS)) {
      StepEvent bad = of(new Format(8, 2), event("a", 4, 1, 2));
      bad.origin = new SourceCoordinates("riffle.pump.in.v1", 5, 99, 1234);
      stage.send(bad);
      OutputRecord outgoing = stage.side(SideOutputs.DEAD_LETTERS).get(0);
      assertThat(outgoing.headers)
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
      DeadLetter letter = stage.letters().get(0);
      assertThat(letter.getSourceTopic()).isEqualTo("riffle.pump.in.v1");
      assertThat(letter.getSourcePartition()).isEqualTo(5);
      SequenceEvent steps = AvroCodec.of(SequenceEvent.class).decode(letter.getPayload().array());
      assertThat(steps.getPosition()).isEqualTo(4);
      assertThat(steps.getShape()).isEqualTo(List.of(1, 2));
    }
  }

  @Test
  void aDeadLetterKeepsAsMuchOfTheValueAsTheLimitAllows() {
    DeadLetters letters = new DeadLetters(3);
    byte[] key = {'k'};
    OutputRecord outgoing =
        letters.undecodable(null, key, new byte[] {1, 2, 3, 4, 5}, "Expected 6.");
    DeadLetter letter = AvroCodec.of(DeadLetter.class).decode(outgoing.value);
    assertThat(outgoing.key).isEqualTo("k");
    assertThat(letter.getKey()).isEqualTo(ByteBuffer.wrap(key));
    assertThat(letter.getPayload()).isEqualTo(ByteBuffer.wrap(new byte[] {1, 2, 3}));
    assertThat(letter.getPayloadBytes()).isEqualTo(5);
    assertThat(letter.getSourceOffset()).isEqualTo(-1);
    OutputRecord empty = letters.undecodable(null, null, null, "Expected more.");
    assertThat(AvroCodec.of(DeadLetter.class).decode(empty.value).getPayload()).isNull();
  }
}
