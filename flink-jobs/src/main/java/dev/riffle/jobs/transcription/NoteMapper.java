package dev.riffle.jobs.transcription;

import dev.riffle.music.transcriber.Note;
import dev.riffle.operators.EmittedPrediction;
import dev.riffle.operators.OutputMapper;
import dev.riffle.operators.OutputRecord;
import dev.riffle.schemas.AvroCodec;
import dev.riffle.schemas.record.Latency;
import dev.riffle.schemas.record.NoteEvent;
import dev.riffle.schemas.record.NoteKind;
import dev.riffle.schemas.record.NoteRevision;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;

/**
 * Turns notes into {@code NoteEvent} records. Latencies are on the preview topic only.
 *
 * <p>Without a second pass, both topics get all notes. With one, the preview topic gets the notes
 * of the first pass and retractions, and the final topic the notes of the second pass.
 */
public final class NoteMapper implements OutputMapper<Note> {
  private static final long serialVersionUID = 1;
  private static final long MICROS = 1_000_000;

  private final boolean twoPasses;

  private transient AvroCodec<NoteEvent> codec;

  /**
   * @param twoPasses a second pass follows
   */
  public NoteMapper(boolean twoPasses) {
    this.twoPasses = twoPasses;
  }

  @Override
  public Optional<OutputRecord> toFinal(EmittedPrediction<Note> emitted) {
    return twoPasses && !isOfSecondPass(emitted)
        ? Optional.empty()
        : Optional.of(record(emitted, true));
  }

  @Override
  public Optional<OutputRecord> toPreview(EmittedPrediction<Note> emitted) {
    return twoPasses && isOfSecondPass(emitted)
        ? Optional.empty()
        : Optional.of(record(emitted, false));
  }

  private static boolean isOfSecondPass(EmittedPrediction<Note> emitted) {
    return switch (emitted.prediction().value().revision()) {
      case CONFIRMED, CORRECTED, ADDED -> true;
      case NONE, RETRACTED -> false;
    };
  }

  private OutputRecord record(EmittedPrediction<Note> emitted, boolean isFinal) {
    if (codec == null) {
      codec = AvroCodec.of(NoteEvent.class);
    }
    Note note = emitted.prediction().value();
    int rate = emitted.format().rate();
    boolean off = note.kind() == Note.Kind.OFF;
    // The note counts from the session's start, the record from position 0 of the sequence.
    double before = emitted.sessionStart() / (double) rate;
    long onset = Math.round(note.onsetSeconds() * rate); // samples since the session's start
    long eventPosition = off ? Math.round(note.offsetSeconds() * rate) : onset;
    long decided = emitted.prediction().position();
    NoteEvent event =
        NoteEvent.newBuilder()
            .setSequenceId(emitted.sequenceId())
            .setKind(off ? NoteKind.OFF : NoteKind.ON)
            .setPitch(note.pitch())
            .setOnsetPosition(emitted.sessionStart() + onset)
            .setOnsetSeconds(before + note.onsetSeconds())
            .setOffsetSeconds(off ? (Double) (before + note.offsetSeconds()) : null)
            .setConfidence(note.confidence())
            .setVelocity(note.velocity())
            .setKnownPosition(emitted.sessionStart() + decided)
            .setModelVersion(emitted.modelVersion())
            .setIsFinal(isFinal)
            .setRevision(NoteRevision.valueOf(note.revision().name()))
            .setLatency(isFinal ? null : latency(emitted, onset, decided))
            .build();
    long eventMicros = Math.addExact(emitted.sessionStartMicros(), micros(eventPosition, rate));
    return new OutputRecord(
        emitted.sequenceId(), codec.encode(event), Math.floorDiv(eventMicros, 1000L));
  }

  private static Latency latency(EmittedPrediction<Note> emitted, long onset, long decided) {
    int rate = emitted.format().rate();
    return Latency.newBuilder()
        .setAlgorithmicMicros(micros(decided - onset, rate))
        .setQueueMicros(emitted.queueMicros())
        .setComputeMicros(emitted.computeMicros())
        .setOnsetCaptureTime(
            Instant.EPOCH.plus(
                Math.addExact(emitted.sessionStartMicros(), micros(onset, rate)),
                ChronoUnit.MICROS))
        .build();
  }

  private static long micros(long samples, int rate) {
    return Math.addExact(
        Math.multiplyExact(samples / rate, MICROS), samples % rate * MICROS / rate);
  }
}
