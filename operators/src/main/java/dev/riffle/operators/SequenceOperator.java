package dev.riffle.operators;

import dev.riffle.models.StreamModel;
import java.util.List;
import java.util.stream.Stream;
import org.apache.flink.api.common.state.MapStateDescriptor;
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
 * Runs a model over sequences: one state per key, work of many keys in one batch.
 *
 * <pre>
 *   event, timer, end of input
 *     -> KeyQueue                    one key: its state, its work item, what waits for the result
 *     -> SequenceRules               decides what to compute, computes nothing
 *     -> BatchQueue -> Inference     work items of many keys in one call of the model
 *     -> WorkItem.complete           takes the result: state, predictions, further decisions
 * </pre>
 *
 * <p>All steps take this route, whether they arrive, leave the reorder buffer, fill a gap or end a
 * session. A key has one work item in flight at most; its later events queue until the result is
 * known. So the events of a key are computed in order, and batching never changes a result.
 *
 * <p>A work item takes slots of a batch ({@link StreamModel#slots}). One that takes none, as its
 * steps are only stored, is completed at once. The others wait until a batch is computed:
 *
 * <ul>
 *   <li>when they fill {@code maxBatchSize} slots, or four times as many events wait;
 *   <li>{@code maxQueueDelay} after the first of them;
 *   <li>at once while the load is low ({@link LoadEstimate});
 *   <li>before a barrier, before and after the timers of a watermark, and at the end of input,
 *       until nothing waits. So nothing is in flight in a checkpoint, and no prediction follows a
 *       watermark that it belongs before.
 * </ul>
 *
 * <p>All of this runs on the task's thread. The operator keeps references to events: a job may
 * reuse objects if its source creates a new {@link StepEvent} for each record.
 *
 * @param <O> value of a prediction
 */
final class SequenceOperator<O> extends AbstractStreamOperator<OutputRecord>
    implements OneInputStreamOperator<StepEvent, OutputRecord>,
        BoundedOneInput,
        Triggerable<String, VoidNamespace> {
  private static final long serialVersionUID = 1;

  // Names of states and timers in checkpoints.
  private static final String SEQUENCE = "sequence";
  private static final String EARLY_EVENTS = "held";

  private final ModelSource<O> source;
  private final OutputMapper<O> mapper;
  private final SequenceOptions options;
  private final long delayMillis;

  private transient boolean modelAcquired;
  private transient boolean restored;
  private transient StreamModel<O> model;
  private transient OperatorMetrics operatorMetrics;
  private transient Inference<O> inference;
  private transient SequenceRules<O> rules;
  private transient KeyedStates states;
  private transient InternalTimerService<VoidNamespace> timers;
  private transient LoadEstimate load;
  private transient BatchQueue<O> waiting;
  private transient long assemblyNanos;
  private transient boolean delayTimerSet;

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
    operatorMetrics = new OperatorMetrics(getMetricGroup());
    inference = new Inference<>(model, options.maxBatchSize(), operatorMetrics);
    inference.warmUp(options.warmUp());
    EarlyEvents early =
        new EarlyEvents(
            getRuntimeContext()
                .getMapState(
                    new MapStateDescriptor<>(
                        EARLY_EVENTS, LongSerializer.INSTANCE, new StepEventSerializer())));
    timers = getInternalTimerService(SEQUENCE, VoidNamespaceSerializer.INSTANCE, this);
    states =
        new KeyedStates(
            getRuntimeContext()
                .getState(new ValueStateDescriptor<>(SEQUENCE, new SequenceStateSerializer())),
            early,
            timers,
            options.wallClockIdle().toMillis());
    Emitter<O> emitter = new Emitter<>(output, mapper, model.info().label(), operatorMetrics);
    SessionLifecycle<O> lifecycle =
        new SessionLifecycle<>(options, model, inference::open, emitter, operatorMetrics);
    GapHandler<O> gaps = new GapHandler<>(options, lifecycle, emitter, operatorMetrics);
    ReorderBuffer<O> reorder =
        new ReorderBuffer<>(options, early, gaps, lifecycle, emitter, operatorMetrics);
    rules = new SequenceRules<>(reorder, lifecycle, emitter);
    load = new LoadEstimate(options.maxQueueDelay().toNanos() / 1e6);
    waiting = new BatchQueue<>(options.maxBatchSize());
    if (restored) {
      checkRestored();
    }
  }

  /** Counts the restored sessions, and refuses those of another model if the job says so. */
  private void checkRestored() throws Exception {
    for (String id : ids()) {
      KeyQueue<O> key = activate(id);
      if (key.state.isOpen()) {
        operatorMetrics.activeSequences++;
        if (options.onModelChange() == StatePolicy.REFUSE) {
          rules.takeOver(key);
        }
      }
    }
  }

  /** Metrics of this subtask. */
  OperatorMetrics metrics() {
    return operatorMetrics;
  }

  // ---- input ----

  @Override
  public void processElement(StreamRecord<StepEvent> element) throws Exception {
    StepEvent event = element.getValue();
    if (!waiting.offer(event)) {
      long began = assemblyClock();
      KeyQueue<O> key = loadKey(event.sequenceId);
      decide(key, event);
      boolean waits = proceed(key);
      assemblyNanos += assemblyClock() - began;
      if (!waits) {
        return;
      }
    }
    long millis = getProcessingTimeService().getCurrentProcessingTime();
    boolean moreExpected = load.arrived(millis, inference.spentNanos() / 1e6);
    if (!moreExpected) {
      drain();
    } else {
      computeFullBatches();
      limitDelay();
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
    do { // results may register timers that are due
      timeServiceManager.advanceWatermark(watermark);
    } while (drain());
    output.emitWatermark(watermark);
  }

  @Override
  public void endInput() throws Exception {
    drain();
    for (String id : ids()) {
      KeyQueue<O> key = activate(id);
      rules.endNow(key, "input-end");
      proceed(key);
      computeFullBatches();
    }
    drain();
  }

  @Override
  public void onEventTime(InternalTimer<String, VoidNamespace> timer) throws Exception {
    KeyQueue<O> key = activate(timer.getKey());
    Timers set = key.state.timers;
    if (set.eventTime() == timer.getTimestamp()) {
      key.state.timers = set.withEventTime(Timers.NONE);
      rules.onWatermark(key, timers.currentWatermark());
      proceed(key);
      computeFullBatches();
    }
  }

  @Override
  public void onProcessingTime(InternalTimer<String, VoidNamespace> timer) throws Exception {
    KeyQueue<O> key = activate(timer.getKey());
    Timers set = key.state.timers;
    if (set.wallClock() == timer.getTimestamp()) {
      key.state.timers = set.withWallClock(Timers.NONE);
      if (states.isIdleAt(key.state, timer.getTimestamp())) {
        rules.endNow(key, "idle");
      }
      proceed(key);
      computeFullBatches();
      limitDelay();
    }
  }

  // ---- one key ----

  /** Loads a key of which nothing is in flight afterwards. */
  private KeyQueue<O> activate(String id) throws Exception {
    if (waiting.contains(id)) {
      drain();
    }
    return loadKey(id);
  }

  /** Makes a key the current one and loads its state; nothing of the key may be in flight. */
  private KeyQueue<O> loadKey(String id) throws Exception {
    setCurrentKey(id);
    return new KeyQueue<>(id, states.load());
  }

  private void decide(KeyQueue<O> key, StepEvent event) throws Exception {
    states.arrived(key.state);
    rules.onEvent(key, event);
  }

  /**
   * Processes the current key until it waits for a batch or has nothing left to do. In the second
   * case, stores its state.
   *
   * @return true if it waits for a batch
   */
  private boolean proceed(KeyQueue<O> key) throws Exception {
    while (true) {
      if (key.hasWork()) {
        WorkItem<O> item = key.work();
        item.slots = model.slots(item.batchItem, item.finish);
        if (item.slots > 0) {
          waiting.add(key);
          return true;
        }
        inference.run(List.of(item)); // only stores the steps
        item.complete();
      } else if (key.hasDecisions()) {
        key.nextDecision().run();
      } else if (key.hasEvents()) {
        long began = assemblyClock();
        decide(key, waiting.nextEvent(key));
        assemblyNanos += assemblyClock() - began;
      } else {
        finish(key);
        return false;
      }
    }
  }

  private void finish(KeyQueue<O> key) throws Exception {
    if (key.isExpired()) {
      states.remove(key.state);
    } else {
      states.save(key.state, rules.nextTimer(key.state));
    }
  }

  private List<String> ids() {
    KeyedStateBackend<String> backend = getKeyedStateBackend();
    try (Stream<String> keys = backend.getKeys(SEQUENCE, VoidNamespace.INSTANCE)) {
      return keys.toList();
    }
  }

  // ---- batches ----

  /**
   * Computes until nothing waits.
   *
   * @return true if anything was computed
   */
  private boolean drain() throws Exception {
    boolean any = !waiting.isEmpty();
    while (!waiting.isEmpty()) {
      computeBatch();
    }
    return any;
  }

  private void computeFullBatches() throws Exception {
    while (waiting.isFull()) {
      computeBatch();
    }
  }

  /** Makes sure that no work item waits longer than the queue delay. */
  private void limitDelay() {
    if (waiting.isEmpty() || delayTimerSet) {
      return;
    }
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

  private void computeBatch() throws Exception {
    List<WorkItem<O>> items = waiting.nextBatch();
    operatorMetrics.assemblyLatency.update(assemblyNanos / 1000);
    assemblyNanos = 0;
    inference.run(items);
    for (WorkItem<O> item : items) {
      setCurrentKey(item.key.sequenceId);
      item.complete();
      proceed(item.key);
    }
  }

  /** A clock that stops while the model computes. */
  private long assemblyClock() {
    return System.nanoTime() - inference.spentNanos();
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
