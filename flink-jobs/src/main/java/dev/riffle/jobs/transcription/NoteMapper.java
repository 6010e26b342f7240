package dev.riffle.jobs.transcription;

import dev.riffle.models.transcriber.Note;
import dev.riffle.operators.Answer;
import dev.riffle.operators.AnswerMapper;
import dev.riffle.operators.Outgoing;
import dev.riffle.schemas.AvroCodec;
import dev.riffle.schemas.record.Latency;
import dev.riffle.schemas.record.NoteEvent;
import dev.riffle.schemas.record.NoteKind;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * Turns notes into {@code NoteEvent} records; what a clock measured is on the preview lane only.
 */
public final class NoteMapper implements AnswerMapper<Note> {
  private static final long serialVersionUID = 1;
  private static final long MICROS = 1_000_000;

  private transient AvroCodec<NoteEvent> codec;

  @Override
  public Outgoing toFinal(Answer<Note> answer) {
    return outgoing(answer, true);
  }

  @Override
  public Outgoing toPreview(Answer<Note> answer) {
    return outgoing(answer, false);
  }

  private Outgoing outgoing(Answer<Note> answer, boolean isFinal) {
    if (codec == null) {
      codec = AvroCodec.of(NoteEvent.class);
    }
    Note note = answer.output().value();
    int rate = answer.format().rate();
    boolean off = note.kind() == Note.Kind.OFF;
    // The note counts from the session's start, the record from position 0 of the sequence.
    double before = answer.sessionStart() / (double) rate;
    long onset = Math.round(note.onsetSeconds() * rate); // samples since the session's start
    long told = off ? Math.round(note.offsetSeconds() * rate) : onset;
    long known = answer.output().position();
    NoteEvent event =
        NoteEvent.newBuilder()
            .setSequenceId(answer.sequenceId())
            .setKind(off ? NoteKind.OFF : NoteKind.ON)
            .setPitch(note.pitch())
            .setOnsetPosition(answer.sessionStart() + onset)
            .setOnsetSeconds(before + note.onsetSeconds())
            .setOffsetSeconds(off ? (Double) (before + note.offsetSeconds()) : null)
            .setConfidence(note.confidence())
            .setVelocity(note.velocity())
            .setKnownPosition(answer.sessionStart() + known)
            .setModelVersion(answer.modelVersion())
            .setIsFinal(isFinal)
            .setLatency(isFinal ? null : latency(answer, onset, known))
            .build();
    long toldMicros = answer.sessionStartMicros() + micros(told, rate);
    return new Outgoing(answer.sequenceId(), codec.encode(event), Math.floorDiv(toldMicros, 1000L));
  }

  private static Latency latency(Answer<Note> answer, long onset, long known) {
    int rate = answer.format().rate();
    return Latency.newBuilder()
        .setAlgorithmicMicros(micros(known - onset, rate))
        .setQueueMicros(answer.queueMicros())
        .setComputeMicros(answer.computeMicros())
        .setOnsetCaptureTime(
            Instant.EPOCH.plus(
                answer.sessionStartMicros() + micros(onset, rate), ChronoUnit.MICROS))
        .build();
  }

  private static long micros(long samples, int rate) {
    return samples / rate * MICROS + samples % rate * MICROS / rate;
  }
}
