package dev.riffle.cli.transcribe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.riffle.cli.notes.WrittenNote;
import dev.riffle.schemas.AvroCodec;
import dev.riffle.schemas.record.DeadLetter;
import dev.riffle.schemas.record.NoteEvent;
import dev.riffle.schemas.record.NoteKind;
import dev.riffle.schemas.record.NoteRevision;
import dev.riffle.schemas.record.SessionEvent;
import dev.riffle.schemas.record.SessionKind;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class TranscriptsTest {
  private final Transcripts transcripts = new Transcripts(List.of("a", "b"));

  @Test
  void finalNotesAreCollectedBySequenceUntilAllHaveEnded() {
    transcripts.take(note("a", NoteKind.ON, true));
    transcripts.take(note("a", NoteKind.OFF, true));
    transcripts.take(note("a", NoteKind.OFF, false));
    transcripts.take(note("other", NoteKind.OFF, true));
    transcripts.take(ended("a", "end"));
    assertThat(transcripts.complete()).isFalse();
    transcripts.take(ended("b", "end"));

    assertThat(transcripts.complete()).isTrue();
    assertThat(transcripts.notes("a")).containsExactly(new WrittenNote(1, 2, 60, 80, 0.5));
    assertThat(transcripts.notes("b")).isEmpty();
    assertThat(transcripts.problems()).isEmpty();
  }

  @Test
  void verdictsAreCountedOncePerNote() {
    transcripts.take(note("a", NoteKind.ON, true, NoteRevision.ADDED));
    transcripts.take(note("a", NoteKind.OFF, true, NoteRevision.ADDED));
    transcripts.take(note("a", NoteKind.OFF, false, NoteRevision.RETRACTED));
    transcripts.take(note("other", NoteKind.OFF, false, NoteRevision.RETRACTED));
    assertThat(transcripts.revised(NoteRevision.ADDED)).isOne();
    assertThat(transcripts.revised(NoteRevision.RETRACTED)).isOne();
    assertThat(transcripts.revised(NoteRevision.CONFIRMED)).isZero();
    assertThat(transcripts.notes("a")).hasSize(1);
  }

  @Test
  void aDeadLetterEndsTheWaitForItsSequenceAndSaysWhy() {
    transcripts.take(
        AvroCodec.of(DeadLetter.class)
            .encode(
                DeadLetter.newBuilder()
                    .setSequenceId("a")
                    .setSourceTopic("t")
                    .setSourcePartition(0)
                    .setSourceOffset(0)
                    .setSourceTimestamp(0)
                    .setError("Expected finite samples.")
                    .build()));
    transcripts.take(ended("b", "end"));

    assertThat(transcripts.complete()).isTrue();
    assertThat(transcripts.problems())
        .containsExactly(java.util.Map.entry("a", "Expected finite samples."));
  }

  @Test
  void aSessionThatEndedEarlyIsAProblem() {
    transcripts.take(ended("a", "idle"));

    assertThat(transcripts.problems()).containsEntry("a", "its session ended early (idle)");
  }

  private static byte[] note(String sequence, NoteKind kind, boolean isFinal) {
    return note(sequence, kind, isFinal, NoteRevision.NONE);
  }

  private static byte[] note(
      String sequence, NoteKind kind, boolean isFinal, NoteRevision revision) {
    return AvroCodec.of(NoteEvent.class)
        .encode(
            NoteEvent.newBuilder()
                .setSequenceId(sequence)
                .setKind(kind)
                .setPitch(60)
                .setOnsetPosition(0)
                .setOnsetSeconds(1)
                .setOffsetSeconds(kind == NoteKind.OFF ? 2.0 : null)
                .setConfidence(0.5f)
                .setVelocity(80)
                .setKnownPosition(0)
                .setModelVersion("m/1")
                .setIsFinal(isFinal)
                .setRevision(revision)
                .build());
  }

  private static byte[] ended(String sequence, String reason) {
    return AvroCodec.of(SessionEvent.class)
        .encode(
            SessionEvent.newBuilder()
                .setSequenceId(sequence)
                .setKind(SessionKind.ENDED)
                .setReason(reason)
                .setPosition(0)
                .setCaptureTime(Instant.EPOCH)
                .setModelVersion("m/1")
                .build());
  }
}
