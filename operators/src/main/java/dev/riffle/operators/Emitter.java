package dev.riffle.operators;

import dev.riffle.models.Prediction;
import dev.riffle.schemas.AvroCodec;
import dev.riffle.schemas.record.SessionEvent;
import dev.riffle.schemas.record.SessionKind;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;

/** Puts answers, sessions and dead letters on their lanes. */
final class Emitter<O> {
  private final org.apache.flink.streaming.api.operators.Output<StreamRecord<OutputRecord>> lanes;
  private final OutputMapper<O> mapper;
  private final String modelVersion;
  private final OperatorMetrics metrics;
  private final AvroCodec<SessionEvent> sessions = AvroCodec.of(SessionEvent.class);
  private final DeadLetters letters = new DeadLetters();

  Emitter(
      org.apache.flink.streaming.api.operators.Output<StreamRecord<OutputRecord>> lanes,
      OutputMapper<O> mapper,
      String modelVersion,
      OperatorMetrics metrics) {
    this.lanes = lanes;
    this.mapper = mapper;
    this.modelVersion = modelVersion;
    this.metrics = metrics;
  }

  /** The answers of a turn, on the final and the preview lane. */
  void answers(WorkItem<O> turn) {
    SequenceState state = turn.state;
    for (Prediction<O> output : turn.row.predictions) {
      EmittedPrediction<O> answer =
          new EmittedPrediction<>(
              turn.sequenceId,
              state.format,
              state.start,
              state.startMicros,
              turn.event == null ? state.lastMicros : turn.event.captureMicros,
              output,
              modelVersion,
              turn.queueMicros,
              turn.computeMicros);
      OutputRecord preview = mapper.toPreview(answer);
      if (preview != null) {
        lanes.collect(SideOutputs.PREVIEW, record(preview));
      }
      OutputRecord last = mapper.toFinal(answer);
      if (last != null) {
        lanes.collect(record(last));
      }
    }
  }

  /** A session that starts. */
  void started(String id, SequenceState state, String reason) {
    session(id, SessionKind.STARTED, reason, state.start, 0, state.startMicros, null);
  }

  /** Steps that are missing. */
  void gap(String id, SequenceState state, String reason, long missing) {
    session(id, SessionKind.GAP, reason, state.next, missing, state.lastMicros, null);
  }

  /** A session that ends, with its counts. */
  void ended(String id, SequenceState state, String reason) {
    session(id, SessionKind.ENDED, reason, state.next, 0, state.lastMicros, state);
  }

  private void session(
      String id,
      SessionKind kind,
      String reason,
      long position,
      long missing,
      long micros,
      SequenceState counts) {
    SessionEvent event =
        SessionEvent.newBuilder()
            .setSequenceId(id)
            .setKind(kind)
            .setReason(reason)
            .setPosition(position)
            .setMissing(missing)
            .setCaptureTime(Instant.EPOCH.plus(micros, ChronoUnit.MICROS))
            .setModelVersion(modelVersion)
            .setDuplicates(counts == null ? 0 : counts.duplicates)
            .setTrimmedSteps(counts == null ? 0 : counts.trimmedSteps)
            .setFilledSteps(counts == null ? 0 : counts.filledSteps)
            .build();
    long millis = Math.floorDiv(micros, 1000L);
    lanes.collect(
        SideOutputs.SESSIONS, record(new OutputRecord(id, sessions.encode(event), millis)));
  }

  /** An event that cannot be used. */
  void deadLetter(StepEvent event, String error) {
    metrics.deadLetters.inc();
    lanes.collect(SideOutputs.DEAD_LETTERS, record(letters.unusable(event, error)));
  }

  private static StreamRecord<OutputRecord> record(OutputRecord outgoing) {
    return new StreamRecord<>(outgoing, outgoing.timestampMillis);
  }
}
