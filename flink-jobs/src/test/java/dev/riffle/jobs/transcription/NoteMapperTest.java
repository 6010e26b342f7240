package dev.riffle.jobs.transcription;

import static org.assertj.core.api.Assertions.assertThat;

import dev.riffle.models.Format;
import dev.riffle.models.Output;
import dev.riffle.models.transcriber.Note;
import dev.riffle.operators.Answer;
import dev.riffle.operators.Outgoing;
import dev.riffle.schemas.AvroCodec;
import dev.riffle.schemas.record.NoteEvent;
import dev.riffle.schemas.record.NoteKind;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class NoteMapperTest {
  private static final long START = 1_700_000_000_000_000L; // capture time of the session's start
  private static final Note ON =
      new Note(Note.Kind.ON, 60, 10.25, 0.328, -1, Double.NaN, 12, 0.75f, 90);
  private static final Note OFF =
      new Note(Note.Kind.OFF, 60, 10.25, 0.328, 31, 0.992, 34, 0.75f, 90);

  private final NoteMapper mapper = new NoteMapper();

  @Test
  void aNoteOfASessionThatStartsLateCountsFromTheSequence() {
    // 48 kHz; the session began 2 s into the sequence
    NoteEvent event = decode(mapper.toPreview(answer(ON, 48_000, 96_000, 20_160, 5, 7)));
    assertThat(event.getKind()).isEqualTo(NoteKind.ON);
    assertThat(event.getPitch()).isEqualTo(60);
    assertThat(event.getOnsetPosition()).isEqualTo(96_000 + 15_744);
    assertThat(event.getOnsetSeconds()).isEqualTo(2.328);
    assertThat(event.getOffsetSeconds()).isNull();
    assertThat(event.getKnownPosition()).isEqualTo(96_000 + 20_160);
    assertThat(event.getModelVersion()).isEqualTo("lru-transcriber/1");
    assertThat(event.getIsFinal()).isFalse();
    assertThat(event.getLatency().getAlgorithmicMicros()).isEqualTo(92_000);
    assertThat(event.getLatency().getQueueMicros()).isEqualTo(5);
    assertThat(event.getLatency().getComputeMicros()).isEqualTo(7);
    assertThat(event.getLatency().getOnsetCaptureTime())
        .isEqualTo(Instant.ofEpochMilli(START / 1000 + 328));
  }

  @Test
  void theFinalLaneHasNothingThatAClockMeasured() {
    Outgoing slow = mapper.toFinal(answer(ON, 16_000, 0, 6720, 123_456, 789));
    Outgoing fast = mapper.toFinal(answer(ON, 16_000, 0, 6720, 1, 2));
    assertThat(slow.value).isEqualTo(fast.value);
    assertThat(slow.timestampMillis).isEqualTo(fast.timestampMillis);
    assertThat(decode(slow).getIsFinal()).isTrue();
    assertThat(decode(slow).getLatency()).isNull();
  }

  @Test
  void aRecordIsStampedWithTheCaptureTimeOfWhatItTells() {
    Outgoing on = mapper.toFinal(answer(ON, 16_000, 0, 6720, 0, 0));
    Outgoing off = mapper.toFinal(answer(OFF, 16_000, 0, 17_920, 0, 0));
    assertThat(on.key).isEqualTo("hall");
    assertThat(on.timestampMillis).isEqualTo(START / 1000 + 328);
    assertThat(off.timestampMillis).isEqualTo(START / 1000 + 992);
    assertThat(decode(off).getOffsetSeconds()).isEqualTo(0.992);
    assertThat(decode(off).getOnsetPosition()).isEqualTo(decode(on).getOnsetPosition());
  }

  private static Answer<Note> answer(
      Note note, int rate, long sessionStart, long position, long queue, long compute) {
    return new Answer<>(
        "hall",
        new Format(rate, 1),
        sessionStart,
        START,
        START,
        new Output<>(position, note),
        "lru-transcriber/1",
        queue,
        compute);
  }

  private static NoteEvent decode(Outgoing outgoing) {
    return AvroCodec.of(NoteEvent.class).decode(outgoing.value);
  }
}
