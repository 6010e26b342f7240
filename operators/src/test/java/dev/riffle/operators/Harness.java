package dev.riffle.operators;

import static java.nio.charset.StandardCharsets.UTF_8;
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
 * A sequence operator in Flink's test harness, with the model {@link RunningSum} unless another is
 * given. Takes events and returns text.
 */
@SuppressWarnings("try") // close throws the exceptions of the operator
final class Harness implements AutoCloseable {
  static final int MAX_PARALLELISM = 16;

  /** 1000 steps per second: a step is a millisecond. */
  static final Format FORMAT = new Format(1000, 1);

  /** Batches of one, small bounds and long times. */
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

  static SequenceOptions warmUp(int size, int slots) {
    return options(
        size, Duration.ZERO, slots, Duration.ZERO, OPTIONS.stateTtl(), StatePolicy.REFUSE);
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

  private final KeyedOneInputStreamOperatorTestHarness<String, StepEvent, OutputRecord> flink;
  private final AvroCodec<SessionEvent> sessions = AvroCodec.of(SessionEvent.class);
  private final AvroCodec<DeadLetter> deadLetters = AvroCodec.of(DeadLetter.class);
  private boolean ended;

  Harness(SequenceOptions options) throws Exception {
    this(options, "one", null, 1, 0);
  }

  Harness(
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

  /** An operator with any model, whose mapper writes text. */
  <O> Harness(
      SequenceOptions options,
      ModelSource<O> source,
      OutputMapper<O> mapper,
      OperatorSubtaskState state,
      int parallelism,
      int subtask)
      throws Exception {
    flink =
        new KeyedOneInputStreamOperatorTestHarness<>(
            new SequenceOperatorFactory<>(source, mapper, options),
            event -> event.sequenceId,
            Types.STRING,
            MAX_PARALLELISM,
            parallelism,
            subtask);
    flink.getExecutionConfig().enableObjectReuse();
    flink.setup(new OutputRecordSerializer());
    if (state != null) {
      flink.initializeState(state);
    }
    try {
      flink.open();
    } catch (Exception e) {
      flink.close();
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

  Harness send(StepEvent... events) throws Exception {
    for (StepEvent event : events) {
      flink.processElement(event, event.captureMicros / 1000);
    }
    return this;
  }

  void watermark(long millis) throws Exception {
    flink.processWatermark(millis);
  }

  void clock(long millis) throws Exception {
    flink.setProcessingTime(millis);
  }

  void endInput() throws Exception {
    flink.endInput();
    ended = true;
  }

  OperatorSubtaskState snapshot() throws Exception {
    flink.prepareSnapshotPreBarrier(1);
    return flink.snapshot(1, 1);
  }

  /** A snapshot whose bytes are written on demand, as an asynchronous backend does. */
  Callable<OperatorSubtaskState> snapshotWrittenLater() throws Exception {
    SequenceOperator<?> operator = (SequenceOperator<?>) flink.getOperator();
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

  /** Final records of a key, as the mapper writes them: {@code position:sum}. */
  List<String> finals(String id) {
    List<String> texts = new ArrayList<>();
    for (Object element : flink.getOutput()) {
      if (element instanceof StreamRecord<?> record
          && record.getValue() instanceof OutputRecord outgoing
          && outgoing.key.equals(id)) {
        texts.add(new String(outgoing.value, UTF_8));
      }
    }
    return texts;
  }

  /** The main output: predictions of all keys as {@code key position:sum}, and watermarks. */
  List<String> mainOutput() {
    List<String> texts = new ArrayList<>();
    for (Object element : flink.getOutput()) {
      if (element instanceof Watermark watermark) {
        texts.add("watermark " + watermark.getTimestamp());
      } else if (element instanceof StreamRecord<?> record
          && record.getValue() instanceof OutputRecord output) {
        texts.add(output.key + " " + new String(output.value, UTF_8));
      }
    }
    return texts;
  }

  List<String> previews(String id) {
    List<String> texts = new ArrayList<>();
    for (OutputRecord outgoing : side(SideOutputs.PREVIEW)) {
      if (outgoing.key.equals(id)) {
        texts.add(new String(outgoing.value, UTF_8));
      }
    }
    return texts;
  }

  /** Session events as {@code KIND reason position}; a gap with its number of missing steps. */
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

  /** The records of a key on a side output, byte for byte. */
  List<String> bytes(OutputTag<OutputRecord> tag, String id) {
    return side(tag).stream()
        .filter(outgoing -> outgoing.key.equals(id))
        .map(outgoing -> outgoing.timestampMillis + " " + HexFormat.of().formatHex(outgoing.value))
        .toList();
  }

  List<DeadLetter> deadLetters() {
    return side(SideOutputs.DEAD_LETTERS).stream()
        .map(letter -> deadLetters.decode(letter.value))
        .toList();
  }

  List<String> errors() {
    return deadLetters().stream().map(DeadLetter::getError).toList();
  }

  List<OutputRecord> side(OutputTag<OutputRecord> tag) {
    var records = flink.getSideOutput(tag);
    return records == null ? List.of() : records.stream().map(StreamRecord::getValue).toList();
  }

  // ---- inside ----

  /** Metrics of the operator. */
  OperatorMetrics metrics() {
    return ((SequenceOperator<?>) flink.getOperator()).metrics();
  }

  int keysKept() {
    return flink.numKeyedStateEntries();
  }

  int clockTimers() {
    return flink.numProcessingTimeTimers();
  }

  /** Ends the input and event time, and checks that no state and no timer is left. */
  @Override
  public void close() throws Exception {
    try {
      if (!ended) {
        endInput();
      }
      watermark(Long.MAX_VALUE);
      assertThat(flink.numKeyedStateEntries()).as("states left").isZero();
      assertThat(flink.numEventTimeTimers()).as("event-time timers left").isZero();
      assertThat(flink.numProcessingTimeTimers()).as("processing-time timers left").isZero();
      assertThat(metrics().activeSequences).isZero();
    } finally {
      abandon();
    }
  }

  /** Stops like a crash: without output. */
  void abandon() throws Exception {
    stop();
    assertThat(SharedModels.size()).as("models left").isZero();
  }

  /** Stops this operator while others continue. */
  void stop() throws Exception {
    flink.close();
  }
}
