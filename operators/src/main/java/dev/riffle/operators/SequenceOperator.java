package dev.riffle.operators;

import dev.riffle.models.StreamModel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeutils.base.LongSerializer;
import org.apache.flink.runtime.state.KeyedStateBackend;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.VoidNamespace;
import org.apache.flink.runtime.state.VoidNamespaceSerializer;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.BoundedOneInput;
import org.apache.flink.streaming.api.operators.InternalTimer;
import org.apache.flink.streaming.api.operators.InternalTimerService;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.api.operators.StreamOperatorParameters;
import org.apache.flink.streaming.api.operators.Triggerable;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;

/**
 * Runs a model over sequences: one session's state per key, events of many keys in one batch.
 *
 * <p>An event is taken as far as it goes without computing as soon as no other of its key waits: it
 * is dropped, held or refused, or its steps are kept for a window to come. If it completes
 * something to compute, its turn waits for a batch, and its key's next events wait behind it. So a
 * key's events are computed one after the other, in order, all that a batch changes is one key's
 * own, and each place of a batch ({@link StreamModel#slots}) is a row or window that is computed. A
 * batch is computed
 *
 * <ul>
 *   <li>when the turns that wait fill {@code maxBatchSize} places, or four times as many events
 *       wait;
 *   <li>{@code maxQueueDelay} after the first event that waits;
 *   <li>at once while the load is low ({@link LoadEstimate});
 *   <li>before each barrier, watermark and timer and at the end of input, until nothing waits: so
 *       nothing is in flight in a checkpoint, and time passes for all keys alike.
 * </ul>
 *
 * <p>All of it runs on the task's thread. Events are held as they come: the job may reuse objects,
 * provided its source makes a new {@link StepEvent} for each record.
 *
 * @param <O> what the model answers
 */
final class SequenceOperator<O> extends AbstractStreamOperator<OutputRecord>
    implements OneInputStreamOperator<StepEvent, OutputRecord>,
        BoundedOneInput,
        Triggerable<String, VoidNamespace> {
  private static final long serialVersionUID = 1;
  private static final String SEQUENCE = "sequence";
  private static final String HELD = "held";
  private static final int QUEUED_PER_ROW = 4;

  private final ModelSource<O> source;
  private final OutputMapper<O> mapper;
  private final SequenceOptions options;
  private final long delayMillis;
  private final long wallIdleMillis;

  private transient boolean modelAcquired;
  private transient boolean restored;
  private transient StreamModel<O> model;
  private transient OperatorMetrics measured;
  private transient Inference<O> inference;
  private transient Sessions<O> sessions;
  private transient ValueState<SequenceState> states;
  private transient MapState<Long, StepEvent> held;
  private transient InternalTimerService<VoidNamespace> timers;
  private transient LoadEstimate load;

  /** Keys whose turn waits for a batch, that which waits longest first. */
  private transient Map<String, Line<O>> waiting;

  private transient int waitingPlaces;
  private transient int waitingEvents;
  private transient long assemblyNanos;
  private transient boolean delayTimerSet;

  /** A key's turn that waits for a batch, and the key's events behind it. */
  private static final class Line<O> {
    final ArrayDeque<StepEvent> behind = new ArrayDeque<>(1);
    WorkItem<O> turn;
  }

  SequenceOperator(
      StreamOperatorParameters<OutputRecord> parameters,
      ModelSource<O> source,
      OutputMapper<O> mapper,
      SequenceOptions options) {
    super(parameters);
    this.source = source;
    this.mapper = mapper;
    this.options = options;
    this.delayMillis = (options.maxQueueDelay().toNanos() + 999_999) / 1_000_000;
    this.wallIdleMillis = options.wallClockIdle().toMillis();
  }

  @Override
  public void initializeState(StateInitializationContext context) throws Exception {
    super.initializeState(context);
    restored = context.isRestored();
  }

  @Override
  public void open() throws Exception {
    super.open();
    model = SharedModels.acquire(source);
    modelAcquired = true;
    measured = new OperatorMetrics(getMetricGroup());
    inference = new Inference<>(model, options.maxBatchSize(), measured);
    inference.warmUp(options.warmUp());
    states =
        getRuntimeContext()
            .getState(new ValueStateDescriptor<>(SEQUENCE, new SequenceStateSerializer()));
    held =
        getRuntimeContext()
            .getMapState(
                new MapStateDescriptor<>(HELD, LongSerializer.INSTANCE, new StepEventSerializer()));
    timers = getInternalTimerService(SEQUENCE, VoidNamespaceSerializer.INSTANCE, this);
    Emitter<O> emitter = new Emitter<>(output, mapper, model.info().label(), measured);
    sessions = new Sessions<>(options, model, inference, emitter, held, measured);
    load = new LoadEstimate(options.maxQueueDelay().toNanos() / 1e6);
    waiting = new LinkedHashMap<>();
    if (restored) {
      for (String key : keys()) {
        setCurrentKey(key);
        SequenceState state = states.value();
        if (state.open) {
          measured.activeSequences++;
          if (options.onModelChange() == StatePolicy.REFUSE) {
            sessions.takeOver(key, state);
          }
        }
      }
    }
  }

  /** What this subtask counts and measures. */
  OperatorMetrics measured() {
    return measured;
  }

  // ---- batches ----

  @Override
  public void processElement(StreamRecord<StepEvent> element) throws Exception {
    StepEvent event = element.getValue();
    Line<O> line = waiting.get(event.sequenceId);
    if (line != null) {
      line.behind.add(event);
      waitingEvents++;
    } else if (!admit(event, new Line<>())) {
      return;
    }
    long millis = getProcessingTimeService().getCurrentProcessingTime();
    boolean more = load.arrived(millis, inference.spentNanos() / 1e6);
    if (!more || options.maxBatchSize() == 1) {
      drain();
      return;
    }
    if (waitingPlaces >= options.maxBatchSize()
        || waitingEvents >= QUEUED_PER_ROW * options.maxBatchSize()) {
      computeBatch();
    }
    if (waitingEvents > 0 && !delayTimerSet) {
      delayTimerSet = true;
      long now = getProcessingTimeService().getCurrentProcessingTime();
      getProcessingTimeService()
          .registerTimer(
              now + delayMillis,
              time -> {
                delayTimerSet = false;
                drain();
              });
    }
  }

  /**
   * Takes an event of a key of which nothing waits as far as it goes without computing.
   *
   * @param line waits if there is something to compute
   * @return true if it waits
   */
  private boolean admit(StepEvent event, Line<O> line) throws Exception {
    long began = System.nanoTime() - inference.spentNanos();
    setCurrentKey(event.sequenceId);
    SequenceState state = load();
    if (wallIdleMillis > 0) {
      state.seenMillis = getProcessingTimeService().getCurrentProcessingTime();
    }
    WorkItem<O> turn = sessions.admit(state, event);
    if (turn.row != null) {
      turn.places = model.slots(turn.row, turn.finish);
      if (turn.places > 0) {
        line.turn = turn;
        waiting.put(event.sequenceId, line);
        waitingEvents++;
        waitingPlaces += turn.places;
        assemblyNanos += System.nanoTime() - inference.spentNanos() - began;
        return true;
      }
      inference.run(List.of(turn));
      sessions.complete(turn);
    }
    save(turn.state);
    assemblyNanos += System.nanoTime() - inference.spentNanos() - began;
    return false;
  }

  private void drain() throws Exception {
    while (waitingEvents > 0) {
      computeBatch();
    }
  }

  /** Computes the turns that wait longest, as many as a batch has places for. */
  private void computeBatch() throws Exception {
    List<Line<O>> lines = new ArrayList<>();
    List<WorkItem<O>> turns = new ArrayList<>();
    int places = 0;
    for (Line<O> line : waiting.values()) {
      if (places > 0 && places + line.turn.places > options.maxBatchSize()) {
        break;
      }
      places += line.turn.places;
      lines.add(line);
      turns.add(line.turn);
    }
    for (WorkItem<O> turn : turns) {
      waiting.remove(turn.sequenceId);
    }
    waitingPlaces -= places;
    waitingEvents -= turns.size();
    measured.assemblyLatency.update(assemblyNanos / 1000);
    assemblyNanos = 0;
    inference.run(turns);
    for (Line<O> line : lines) {
      setCurrentKey(line.turn.sequenceId);
      sessions.complete(line.turn);
      save(line.turn.state);
      boolean waits = false;
      while (!waits && !line.behind.isEmpty()) {
        waitingEvents--;
        waits = admit(line.behind.poll(), line);
      }
    }
  }

  @Override
  public void prepareSnapshotPreBarrier(long checkpointId) throws Exception {
    drain();
    super.prepareSnapshotPreBarrier(checkpointId);
  }

  @Override
  public void processWatermark(Watermark watermark) throws Exception {
    drain();
    super.processWatermark(watermark);
  }

  @Override
  public void endInput() throws Exception {
    drain();
    for (String key : keys()) {
      setCurrentKey(key);
      SequenceState state = load();
      sessions.endNow(key, state, "input-end");
      save(state);
    }
  }

  // ---- time ----

  @Override
  public void onEventTime(InternalTimer<String, VoidNamespace> timer) throws Exception {
    SequenceState state = load();
    if (state.timer != timer.getTimestamp()) {
      return;
    }
    state.timer = SequenceState.NONE;
    long watermark = timers.currentWatermark();
    if (watermark == Long.MAX_VALUE) {
      sessions.endNow(timer.getKey(), state, "input-end");
    }
    if (sessions.onWatermark(timer.getKey(), state, watermark)) {
      forget(state);
    } else {
      save(state);
    }
  }

  @Override
  public void onProcessingTime(InternalTimer<String, VoidNamespace> timer) throws Exception {
    drain();
    setCurrentKey(timer.getKey());
    SequenceState state = load();
    if (state.wallTimer != timer.getTimestamp()) {
      return;
    }
    state.wallTimer = SequenceState.NONE;
    if (wallIdleMillis > 0 && timer.getTimestamp() >= state.seenMillis + wallIdleMillis) {
      sessions.endNow(timer.getKey(), state, "idle");
    }
    save(state);
  }

  // ---- state of the current key ----

  private SequenceState load() throws Exception {
    SequenceState state = states.value();
    return state == null ? new SequenceState() : state;
  }

  private void save(SequenceState state) throws Exception {
    if (!state.known) {
      return;
    }
    // A timer that is too early costs one look; so it is moved only when it would be too late.
    long timer = sessions.nextTimer(state);
    if (state.timer == SequenceState.NONE || timer < state.timer) {
      deleteTimer(state);
      if (timer != Long.MAX_VALUE) {
        timers.registerEventTimeTimer(VoidNamespace.INSTANCE, timer);
        state.timer = timer;
      }
    }
    if (wallIdleMillis > 0) {
      saveWallTimer(state);
    }
    states.update(state);
  }

  private void saveWallTimer(SequenceState state) {
    if (state.open && state.wallTimer == SequenceState.NONE) {
      state.wallTimer = state.seenMillis + wallIdleMillis;
      timers.registerProcessingTimeTimer(VoidNamespace.INSTANCE, state.wallTimer);
    } else if (!state.open) {
      deleteWallTimer(state);
    }
  }

  private void deleteWallTimer(SequenceState state) {
    if (state.wallTimer != SequenceState.NONE) {
      timers.deleteProcessingTimeTimer(VoidNamespace.INSTANCE, state.wallTimer);
      state.wallTimer = SequenceState.NONE;
    }
  }

  private void deleteTimer(SequenceState state) {
    if (state.timer != SequenceState.NONE) {
      timers.deleteEventTimeTimer(VoidNamespace.INSTANCE, state.timer);
      state.timer = SequenceState.NONE;
    }
  }

  private void forget(SequenceState state) {
    deleteTimer(state);
    deleteWallTimer(state);
    states.clear();
    held.clear();
  }

  private List<String> keys() {
    KeyedStateBackend<String> backend = getKeyedStateBackend();
    try (Stream<String> keys = backend.getKeys(SEQUENCE, VoidNamespace.INSTANCE)) {
      return keys.toList();
    }
  }

  @Override
  public void close() throws Exception {
    if (modelAcquired) {
      modelAcquired = false;
      SharedModels.release(source);
    }
    super.close();
  }
}
