package dev.riffle.operators;

import dev.riffle.models.StreamModel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
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
 * <p>Events wait in one queue per key. A batch takes the first event of up to {@code maxBatchSize}
 * keys, so that a key's events are computed one after the other, in order, and all that a batch
 * changes is one key's own. A batch is computed
 *
 * <ul>
 *   <li>when {@code maxBatchSize} keys wait, or four times as many events;
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
final class RecurrentOperator<O> extends AbstractStreamOperator<Outgoing>
    implements OneInputStreamOperator<StepEvent, Outgoing>,
        BoundedOneInput,
        Triggerable<String, VoidNamespace> {
  private static final long serialVersionUID = 1;
  private static final String SEQUENCE = "sequence";
  private static final String HELD = "held";
  private static final int QUEUED_PER_ROW = 4;

  private final ModelSource<O> source;
  private final AnswerMapper<O> mapper;
  private final RecurrentOptions options;
  private final long delayMillis;
  private final long wallIdleMillis;

  private transient boolean modelAcquired;
  private transient boolean restored;
  private transient OperatorMetrics measured;
  private transient Inference<O> inference;
  private transient Sessions<O> sessions;
  private transient ValueState<SequenceState> states;
  private transient MapState<Long, StepEvent> held;
  private transient InternalTimerService<VoidNamespace> timers;
  private transient LoadEstimate load;

  /** Events that wait, by key, the key that waits longest first. */
  private transient Map<String, ArrayDeque<StepEvent>> waiting;

  private transient int waitingEvents;
  private transient boolean delayTimerSet;

  RecurrentOperator(
      StreamOperatorParameters<Outgoing> parameters,
      ModelSource<O> source,
      AnswerMapper<O> mapper,
      RecurrentOptions options) {
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
    StreamModel<O> model = SharedModels.acquire(source);
    modelAcquired = true;
    measured = new OperatorMetrics(getMetricGroup());
    inference = new Inference<>(model.newRunner(), measured);
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
    waiting.computeIfAbsent(event.sequenceId, key -> new ArrayDeque<>(1)).add(event);
    waitingEvents++;
    boolean more = load.arrived(getProcessingTimeService().getCurrentProcessingTime());
    if (!more || options.maxBatchSize() == 1) {
      drain();
      return;
    }
    if (waiting.size() >= options.maxBatchSize()
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

  private void drain() throws Exception {
    while (waitingEvents > 0) {
      computeBatch();
    }
  }

  private void computeBatch() throws Exception {
    List<Turn<O>> turns = new ArrayList<>(Math.min(waiting.size(), options.maxBatchSize()));
    for (StepEvent event : nextEvents()) {
      setCurrentKey(event.sequenceId);
      SequenceState state = load();
      if (wallIdleMillis > 0) {
        state.seenMillis = getProcessingTimeService().getCurrentProcessingTime();
      }
      Turn<O> turn = sessions.admit(state, event);
      if (turn.row == null) {
        save(turn.state);
      } else {
        turns.add(turn);
      }
    }
    if (turns.isEmpty()) {
      return;
    }
    inference.run(turns);
    for (Turn<O> turn : turns) {
      setCurrentKey(turn.sequenceId);
      sessions.complete(turn);
      save(turn.state);
    }
  }

  /** Takes the first event of the keys that wait longest. */
  private List<StepEvent> nextEvents() {
    List<StepEvent> events = new ArrayList<>(Math.min(waiting.size(), options.maxBatchSize()));
    Map<String, ArrayDeque<StepEvent>> further = new LinkedHashMap<>();
    Iterator<Map.Entry<String, ArrayDeque<StepEvent>>> keys = waiting.entrySet().iterator();
    while (keys.hasNext() && events.size() < options.maxBatchSize()) {
      Map.Entry<String, ArrayDeque<StepEvent>> key = keys.next();
      events.add(key.getValue().poll());
      keys.remove();
      if (!key.getValue().isEmpty()) {
        further.put(key.getKey(), key.getValue());
      }
    }
    waiting.putAll(further);
    waitingEvents -= events.size();
    return events;
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
