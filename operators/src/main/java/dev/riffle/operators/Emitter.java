package dev.riffle.operators;

import dev.riffle.models.Prediction;
import dev.riffle.schemas.AvroCodec;
import dev.riffle.schemas.record.SessionEvent;
import dev.riffle.schemas.record.SessionKind;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import org.apache.flink.streaming.api.operators.Output;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;

/** Emits predictions, session events and dead letters to the outputs of the operator. */
final class Emitter<O> {
  private final Output<StreamRecord<OutputRecord>> output;
  private final OutputMapper<O> mapper;
  private final String modelVersion;
  private final OperatorMetrics metrics;
  private final AvroCodec<SessionEvent> sessions = AvroCodec.of(SessionEvent.class);
  private final DeadLetters deadLetters = new DeadLetters();

  Emitter(
      Output<StreamRecord<OutputRecord>> output,
      OutputMapper<O> mapper,
      String modelVersion,
      OperatorMetrics metrics) {
    this.output = output;
    this.mapper = mapper;
    this.modelVersion = modelVersion;
    this.metrics = metrics;
  }

  /**
   * The predictions of a work item, as final and as preview records.
   *
   * @return false if one of them could not be converted to a record; the item's event is a dead
   *     letter then
   */
  boolean predictions(WorkItem<O> item) {
    return predictions(item, item.key.state.progress.gaps());
  }

  /**
   * The predictions of a work item, except those that cover only steps of gaps.
   *
   * @param gaps steps that were missing
   * @return as {@link #predictions(WorkItem)}
   */
  boolean predictions(WorkItem<O> item, Gaps gaps) {
    RuntimeException failure = null;
    SequenceState state = item.key.state;
    Session session = state.session;
    for (Prediction<O> prediction : item.batchItem.predictions) {
      EmittedPrediction<O> emitted =
          new EmittedPrediction<>(
              item.key.sequenceId,
              session.format(),
              session.start(),
              session.startMicros(),
              item.event == null ? state.progress.lastMicros() : item.event.captureMicros,
              prediction,
              modelVersion,
              item.queueMicros,
              item.computeMicros);
      Optional<OutputRecord> preview;
      Optional<OutputRecord> last;
      try {
        if (coversOnlyGaps(emitted, gaps)) {
          continue;
        }
        preview = mapper.toPreview(emitted);
        last = mapper.toFinal(emitted);
      } catch (RuntimeException e) {
        failure = failure == null ? e : failure;
        continue;
      }
      if (preview.isPresent()) {
        output.collect(SideOutputs.PREVIEW, record(preview.get()));
      }
      if (last.isPresent()) {
        output.collect(record(last.get()));
      }
    }
    if (failure != null) {
      unwritten(item, failure);
    }
    return failure == null;
  }

  private boolean coversOnlyGaps(EmittedPrediction<O> emitted, Gaps gaps) {
    if (gaps.isEmpty()) {
      return false;
    }
    Optional<OutputMapper.Steps> steps = mapper.covered(emitted);
    return steps.isPresent() && gaps.contains(steps.get().from(), steps.get().to());
  }

  /** A prediction that cannot be converted to a record. */
  private void unwritten(WorkItem<O> item, RuntimeException failure) {
    metrics.unwrittenPredictions.inc();
    String error = Rejection.unwritten(failure);
    if (item.event != null) {
      deadLetter(item.event, error);
    } else {
      output.collect(
          SideOutputs.DEAD_LETTERS, record(deadLetters.withoutRecord(item.key.sequenceId, error)));
    }
  }

  /** A session that starts. */
  void started(KeyQueue<O> key, String reason) {
    Session session = key.state.session;
    emit(
        event(key, SessionKind.STARTED, reason)
            .setPosition(session.start())
            .setCaptureTime(time(session.startMicros())));
  }

  /** Steps that are missing at the present position. */
  void gap(KeyQueue<O> key, String reason, long missing) {
    emit(event(key, SessionKind.GAP, reason).setMissing(missing));
  }

  /** A session that ends, with its counters. */
  void ended(KeyQueue<O> key, String reason) {
    Counters counters = key.state.counters;
    emit(
        event(key, SessionKind.ENDED, reason)
            .setDuplicates(counters.duplicates())
            .setTrimmedSteps(counters.trimmedSteps())
            .setFilledSteps(counters.filledSteps()));
  }

  /** A session event at the present position, without counts. */
  private SessionEvent.Builder event(KeyQueue<O> key, SessionKind kind, String reason) {
    Progress progress = key.state.progress;
    return SessionEvent.newBuilder()
        .setSequenceId(key.sequenceId)
        .setKind(kind)
        .setReason(reason)
        .setPosition(progress.next())
        .setCaptureTime(time(progress.lastMicros()))
        .setModelVersion(modelVersion)
        .setMissing(0)
        .setDuplicates(0)
        .setTrimmedSteps(0)
        .setFilledSteps(0);
  }

  private void emit(SessionEvent.Builder builder) {
    SessionEvent event = builder.build();
    long millis = event.getCaptureTime().toEpochMilli();
    output.collect(
        SideOutputs.SESSIONS,
        record(new OutputRecord(event.getSequenceId(), sessions.encode(event), millis)));
  }

  private static Instant time(long micros) {
    return Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
  }

  /** An event that cannot be used. */
  void deadLetter(StepEvent event, String error) {
    metrics.deadLetters.inc();
    output.collect(SideOutputs.DEAD_LETTERS, record(deadLetters.unusable(event, error)));
  }

  private static StreamRecord<OutputRecord> record(OutputRecord record) {
    return new StreamRecord<>(record, record.timestampMillis);
  }
}
