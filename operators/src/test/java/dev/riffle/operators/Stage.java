package dev.riffle.operators;

import static org.assertj.core.api.Assertions.assertThat;

import dev.riffle.models.Format;
import dev.riffle.schemas.AvroCodec;
import dev.riffle.schemas.record.DeadLetter;
import dev.riffle.schemas.record.SessionEvent;
import dev.riffle.schemas.record.SessionKind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.checkpoint.CheckpointOptions;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.state.memory.MemCheckpointStreamFactory;
import org.apache.flink.streaming.api.operators.OperatorSnapshotFinalizer;
import org.apache.flink.streaming.api.operators.OperatorSnapshotFutures;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
import org.apache.flink.util.OutputTag;

/**
 * A sequence operator, over running sums unless said otherwise, in Flink's harness: events in, text
 * out.
 */
@SuppressWarnings("try") // close fails as tests fail
final class Stage implements AutoCloseable {
  static final int MAX_PARALLELISM = 16;

  /** 1000 steps per second: a step is a millisecond. */
  static final Format FORMAT = new Format(1000, 1);

  /** Computes at once; small bounds; everything that depends on time is far away. */
  static final SequenceOptions OPTIONS =
      new SequenceOptions(
          1,
          Duration.ZERO,
          0,
          3,
          100,
          Duration.ofSeconds(1),
          GapPolicy.FILL,
          50,
          Duration.ofSeconds(10),
          Duration.ZERO,
          Duration.ofMinutes(1),
          StatePolicy.REFUSE);

  static SequenceOptions gaps(GapPolicy policy) {
    return new SequenceOptions(
        1,
        Duration.ZERO,
        OPTIONS.warmUp(),
        OPTIONS.maxReorderEvents(),
        OPTIONS.maxReorderSteps(),
        OPTIONS.maxReorderWait(),
        policy,
        OPTIONS.maxFillSteps(),
        OPTIONS.maxSequenceIdle(),
        Duration.ZERO,
        OPTIONS.stateTtl(),
        StatePolicy.REFUSE);
  }

  static SequenceOptions batches(int size, Duration delay) {
    return options(size, delay, Duration.ZERO, OPTIONS.stateTtl(), StatePolicy.REFUSE);
  }

  static SequenceOptions warmUp(int size, int rows) {
    return options(
        size, Duration.ZERO, rows, Duration.ZERO, OPTIONS.stateTtl(), StatePolicy.REFUSE);
  }

  static SequenceOptions models(StatePolicy policy) {
    return options(1, Duration.ZERO, Duration.ZERO, OPTIONS.stateTtl(), policy);
  }

  static SequenceOptions wallClock(Duration idle) {
    return wallClock(idle, OPTIONS.stateTtl());
  }

  static SequenceOptions wallClock(Duration idle, Duration ttl) {
    return options(1, Duration.ZERO, idle, ttl, StatePolicy.REFUSE);
  }

  static SequenceOptions wallClockBatches(int size, Duration delay, Duration idle) {
    return options(size, delay, idle, OPTIONS.stateTtl(), StatePolicy.REFUSE);
  }

  private static SequenceOptions options(
      int size, Duration delay, Duration wallClock, Duration ttl, StatePolicy policy) {
    return options(size, delay, OPTIONS.warmUp(), wallClock, ttl, policy);
  }

  private static SequenceOptions options(
      int size, Duration delay, int warmUp, Duration wallClock, Duration ttl, StatePolicy policy) {
    return new SequenceOptions(
        size,
        delay,
        warmUp,
        OPTIONS.maxReorderEvents(),
        OPTIONS.maxReorderSteps(),
        OPTIONS.maxReorderWait(),
        GapPolicy.FILL,
        OPTIONS.maxFillSteps(),
        OPTIONS.maxSequenceIdle(),
        wallClock,
        ttl,
        policy);
  }

  private final KeyedOneInputStreamOperatorTestHarness<String, StepEvent, OutputRecord> harness;
  private final AvroCodec<SessionEvent> sessions = AvroCodec.of(SessionEvent.class);
  private final AvroCodec<DeadLetter> letters = AvroCodec.of(DeadLetter.class);
  private boolean ended;

  Stage(SequenceOptions options) throws Exception {
    this(options, "one", null, 1, 0);
  }

  Stage(
      SequenceOptions options,
      String fingerprint,
      OperatorSubtaskState state,
      int parallelism,
      int subtask)
      throws Exception {
    this(
        options,
        new RunningSum.Source(fingerprint),
        new RunningSum.Mapper(),
        state,
        parallelism,
        subtask);
  }

  /** A stage around any model, whose mapper writes text. */
  <O> Stage(
      SequenceOptions options,
      ModelSource<O> source,
      OutputMapper<O> mapper,
      OperatorSubtaskState state,
      int parallelism,
      int subtask)
      throws Exception {
    harness =
        new KeyedOneInputStreamOperatorTestHarness<>(
            new SequenceOperatorFactory<>(source, mapper, options),
            event -> event.sequenceId,
            Types.STRING,
            MAX_PARALLELISM,
            parallelism,
            subtask);
    harness.getExecutionConfig().enableObjectReuse();
    harness.setup(new OutputRecordSerializer());
    if (state != null) {
      harness.initializeState(state);
    }
    try {
      harness.open();
    } catch (Exception e) {
      harness.close();
      throw e;
    }
  }

  // ---- in ----

  static StepEvent event(String id, long position, float... values) {
    StepEvent event = new StepEvent();
    event.sequenceId = id;
    event.position = position;
    event.captureMicros = position * 1000;
    event.format = FORMAT;
    event.values = values;
    event.arrivedNanos = System.nanoTime();
    event.origin = new SourceCoordinates("in", 3, position, 7);
    return event;
  }

  static StepEvent start(StepEvent event) {
    event.start = true;
    return event;
  }

  static StepEvent end(StepEvent event) {
    event.end = true;
    return event;
  }

  static StepEvent at(long micros, StepEvent event) {
    event.captureMicros = micros;
    return event;
  }

  Stage send(StepEvent... events) throws Exception {
    for (StepEvent event : events) {
      harness.processElement(event, event.captureMicros / 1000);
    }
    return this;
  }

  void watermark(long millis) throws Exception {
    harness.processWatermark(millis);
  }

  void clock(long millis) throws Exception {
    harness.setProcessingTime(millis);
  }

  void endInput() throws Exception {
    harness.endInput();
    ended = true;
  }

  OperatorSubtaskState snapshot() throws Exception {
    harness.prepareSnapshotPreBarrier(1);
    return harness.snapshot(1, 1);
  }

  /** A snapshot of now whose bytes are written when they are asked for, as a backend may do. */
  Callable<OperatorSubtaskState> snapshotWrittenLater() throws Exception {
    SequenceOperator<?> operator = (SequenceOperator<?>) harness.getOperator();
    operator.prepareSnapshotPreBarrier(1);
    OperatorSnapshotFutures writing =
        operator.snapshotState(
            1,
            1,
            CheckpointOptions.forCheckpointWithDefaultLocation(),
            new MemCheckpointStreamFactory(1 << 24));
    return () -> OperatorSnapshotFinalizer.create(writing).getJobManagerOwnedState();
  }

  // ---- out ----

  /** Answers of the final lane, as the mapper writes them: {@code position:sum}. */
  List<String> finals(String id) {
    List<String> texts = new ArrayList<>();
    for (Object element : harness.getOutput()) {
      if (element instanceof StreamRecord<?> record
          && record.getValue() instanceof OutputRecord outgoing
          && outgoing.key.equals(id)) {
        texts.add(new String(outgoing.value));
      }
    }
    return texts;
  }

  /** The main output: predictions of all keys as {@code key position:sum}, and watermarks. */
  List<String> mainOutput() {
    List<String> texts = new ArrayList<>();
    for (Object element : harness.getOutput()) {
      if (element instanceof Watermark watermark) {
        texts.add("watermark " + watermark.getTimestamp());
      } else if (element instanceof StreamRecord<?> record
          && record.getValue() instanceof OutputRecord output) {
        texts.add(output.key + " " + new String(output.value));
      }
    }
    return texts;
  }

  List<String> previews(String id) {
    List<String> texts = new ArrayList<>();
    for (OutputRecord outgoing : side(SideOutputs.PREVIEW)) {
      if (outgoing.key.equals(id)) {
        texts.add(new String(outgoing.value));
      }
    }
    return texts;
  }

  /** Session events as {@code KIND reason position}, on a gap with the number of missing steps. */
  List<String> sessions(String id) {
    List<String> texts = new ArrayList<>();
    for (SessionEvent event : sessionEvents(id)) {
      String missing = event.getKind() == SessionKind.GAP ? "+" + event.getMissing() : "";
      texts.add(event.getKind() + " " + event.getReason() + " " + event.getPosition() + missing);
    }
    return texts;
  }

  List<SessionEvent> sessionEvents(String id) {
    List<SessionEvent> events = new ArrayList<>();
    for (OutputRecord outgoing : side(SideOutputs.SESSIONS)) {
      if (outgoing.key.equals(id)) {
        events.add(sessions.decode(outgoing.value));
      }
    }
    return events;
  }

  /** The records of a key on a side lane, byte for byte. */
  List<String> bytes(OutputTag<OutputRecord> lane, String id) {
    return side(lane).stream()
        .filter(outgoing -> outgoing.key.equals(id))
        .map(outgoing -> outgoing.timestampMillis + " " + HexFormat.of().formatHex(outgoing.value))
        .toList();
  }

  List<DeadLetter> letters() {
    return side(SideOutputs.DEAD_LETTERS).stream()
        .map(letter -> letters.decode(letter.value))
        .toList();
  }

  List<String> errors() {
    return letters().stream().map(DeadLetter::getError).toList();
  }

  List<OutputRecord> side(OutputTag<OutputRecord> lane) {
    var records = harness.getSideOutput(lane);
    return records == null ? List.of() : records.stream().map(StreamRecord::getValue).toList();
  }

  // ---- inside ----

  /** What the operator counted. */
  OperatorMetrics metrics() {
    return ((SequenceOperator<?>) harness.getOperator()).metrics();
  }

  int keysKept() {
    return harness.numKeyedStateEntries();
  }

  int clockTimers() {
    return harness.numProcessingTimeTimers();
  }

  /** Ends the input and all time, and checks that nothing is left behind. */
  @Override
  public void close() throws Exception {
    try {
      if (!ended) {
        endInput();
      }
      watermark(Long.MAX_VALUE);
      assertThat(harness.numKeyedStateEntries()).as("state left behind").isZero();
      assertThat(harness.numEventTimeTimers()).as("event-time timers left behind").isZero();
      assertThat(harness.numProcessingTimeTimers()).as("clock timers left behind").isZero();
      assertThat(metrics().activeSequences).isZero();
    } finally {
      abandon();
    }
  }

  /** Stops as a crash does: nothing is told. */
  void abandon() throws Exception {
    stop();
    assertThat(SharedModels.size()).as("models left behind").isZero();
  }

  /** Stops where other stages go on. */
  void stop() throws Exception {
    harness.close();
  }
}
