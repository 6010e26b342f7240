package dev.riffle.jobs.transcription;

import static dev.riffle.music.transcriber.Note.Revision.ADDED;
import static dev.riffle.music.transcriber.Note.Revision.CONFIRMED;
import static dev.riffle.music.transcriber.Note.Revision.CORRECTED;
import static dev.riffle.music.transcriber.Note.Revision.NONE;
import static dev.riffle.music.transcriber.Note.Revision.RETRACTED;
import static org.assertj.core.api.Assertions.assertThat;

import dev.riffle.models.Format;
import dev.riffle.models.Prediction;
import dev.riffle.music.transcriber.Note;
import dev.riffle.operators.EmittedPrediction;
import dev.riffle.operators.OutputRecord;
import dev.riffle.schemas.AvroCodec;
import dev.riffle.schemas.record.NoteEvent;
import dev.riffle.schemas.record.NoteKind;
import dev.riffle.schemas.record.NoteRevision;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class NoteMapperTest {
  private static final long START = 1_700_000_000_000_000L; // capture time of the session's start
  private static final Note ON =
      new Note(Note.Kind.ON, 60, 10.25, 0.328, -1, Double.NaN, 12, 0.75f, 90, NONE);
  private static final Note OFF =
      new Note(Note.Kind.OFF, 60, 10.25, 0.328, 31, 0.992, 34, 0.75f, 90, NONE);

  private final NoteMapper mapper = new NoteMapper(false);

  @Test
  void aNoteOfASessionThatStartsLateCountsFromTheSequence() {
    // 48 kHz; the session began 2 s into the sequence
    NoteEvent event =
        decode(mapper.toPreview(emitted(ON, 48_000, 96_000, 20_160, 5, 7)).orElseThrow());
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
  void finalRecordsDoNotDependOnAClock() {
    OutputRecord slow = mapper.toFinal(emitted(ON, 16_000, 0, 6720, 123_456, 789)).orElseThrow();
    OutputRecord fast = mapper.toFinal(emitted(ON, 16_000, 0, 6720, 1, 2)).orElseThrow();
    assertThat(slow.value).isEqualTo(fast.value);
    assertThat(slow.timestampMillis).isEqualTo(fast.timestampMillis);
    assertThat(decode(slow).getIsFinal()).isTrue();
    assertThat(decode(slow).getLatency()).isNull();
  }

  @Test
  void theTimestampOfARecordIsTheCaptureTimeOfItsNote() {
    OutputRecord on = mapper.toFinal(emitted(ON, 16_000, 0, 6720, 0, 0)).orElseThrow();
    OutputRecord off = mapper.toFinal(emitted(OFF, 16_000, 0, 17_920, 0, 0)).orElseThrow();
    assertThat(on.key).isEqualTo("hall");
    assertThat(on.timestampMillis).isEqualTo(START / 1000 + 328);
    assertThat(off.timestampMillis).isEqualTo(START / 1000 + 992);
    assertThat(decode(off).getOffsetSeconds()).isEqualTo(0.992);
    assertThat(decode(off).getOnsetPosition()).isEqualTo(decode(on).getOnsetPosition());
  }

  @Test
  void withoutASecondPassBothTopicsGetAllNotes() {
    for (Note note : List.of(ON, OFF)) {
      assertThat(decode(mapper.toFinal(emitted(note)).orElseThrow()).getRevision())
          .isEqualTo(NoteRevision.NONE);
      assertThat(decode(mapper.toPreview(emitted(note)).orElseThrow()).getRevision())
          .isEqualTo(NoteRevision.NONE);
    }
  }

  @Test
  void withASecondPassEachTopicGetsItsOwnNotes() {
    NoteMapper two = new NoteMapper(true);
    for (Note.Revision revision : List.of(NONE, RETRACTED)) {
      assertThat(two.toFinal(emitted(revised(revision)))).isEmpty();
      NoteEvent event = decode(two.toPreview(emitted(revised(revision))).orElseThrow());
      assertThat(event.getRevision().name()).isEqualTo(revision.name());
      assertThat(event.getIsFinal()).isFalse();
    }
    for (Note.Revision revision : List.of(CONFIRMED, CORRECTED, ADDED)) {
      assertThat(two.toPreview(emitted(revised(revision)))).isEmpty();
      NoteEvent event = decode(two.toFinal(emitted(revised(revision))).orElseThrow());
      assertThat(event.getRevision().name()).isEqualTo(revision.name());
      assertThat(event.getIsFinal()).isTrue();
    }
  }

  private static Note revised(Note.Revision revision) {
    return new Note(Note.Kind.OFF, 60, 10.25, 0.328, 31, 0.992, 34, 0.75f, 90, revision);
  }

  private static EmittedPrediction<Note> emitted(Note note) {
    return emitted(note, 16_000, 0, 17_920, 0, 0);
  }

  private static EmittedPrediction<Note> emitted(
      Note note, int rate, long sessionStart, long position, long queue, long compute) {
    return new EmittedPrediction<>(
        "hall",
        new Format(rate, 1),
        sessionStart,
        START,
        START,
        new Prediction<>(position, note),
        "lru-transcriber/1",
        queue,
        compute);
  }

  private static NoteEvent decode(OutputRecord record) {
    return AvroCodec.of(NoteEvent.class).decode(record.value);
  }
}
