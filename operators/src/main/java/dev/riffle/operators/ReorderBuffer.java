package dev.riffle.operators;

import dev.riffle.operators.GapHandler.Gap;
import java.util.Optional;

/**
 * Brings the steps of a sequence into order. An event is
 *
 * <pre>
 *   dropped    its steps were consumed before                 duplicate
 *   trimmed    some of its steps were consumed before         overlap
 *   buffered   steps before it are missing                    early
 *   refused    it cannot be used                              dead letter
 *   accepted   it continues the sequence or begins a session  work item
 * </pre>
 *
 * <p>Buffered events are released as soon as they continue the sequence. Missing steps are given up
 * if more events are buffered or more steps are missing than the bounds allow, if the last event of
 * the sequence has arrived, and when {@link SequenceRules} says that it is time.
 *
 * <p>Computes nothing: accepted events become work items ({@link KeyQueue#compute}), and what
 * depends on their result waits for it ({@link KeyQueue#plan}).
 */
final class ReorderBuffer<O> {
  private final EarlyEvents early;
  private final GapHandler<O> gaps;
  private final SessionLifecycle<O> lifecycle;
  private final Emitter<O> emitter;
  private final OperatorMetrics metrics;
  private final int maxEvents;
  private final long maxSteps;
  private final long waitMicros;
  private final WorkItem.Completion<O> consumed = this::consumed;

  ReorderBuffer(
      SequenceOptions options,
      EarlyEvents early,
      GapHandler<O> gaps,
      SessionLifecycle<O> lifecycle,
      Emitter<O> emitter,
      OperatorMetrics metrics) {
    this.early = early;
    this.gaps = gaps;
    this.lifecycle = lifecycle;
    this.emitter = emitter;
    this.metrics = metrics;
    this.maxEvents = options.maxReorderEvents();
    this.maxSteps = options.maxReorderSteps();
    this.waitMicros = Micros.of(options.maxReorderWait());
  }

  // ---- events ----

  /** Decides about an event of any position. */
  void add(KeyQueue<O> key, StepEvent event) throws Exception {
    if (event.position != StepEvent.NEXT) {
      place(key, event);
    } else if (key.state.isOpen() && event.start) {
      key.plan(() -> lifecycle.end(key, "restart"), () -> append(key, event));
    } else {
      append(key, event);
    }
  }

  /**
   * Decides about an event without a position. It continues the open session or begins one at 0,
   * and is never early, late or a duplicate.
   */
  private void append(KeyQueue<O> key, StepEvent event) throws Exception {
    SequenceState state = key.state;
    boolean refused =
        state.session.refused()
            && !event.start
            && !lifecycle.isForgotten(state, event.captureMicros);
    if (state.isOpen() || refused) {
      place(key, event.at(state.progress.next()));
    } else {
      begin(key, event.at(0), 0, event.start ? "start" : "implied");
    }
  }

  private void place(KeyQueue<O> key, StepEvent event) throws Exception {
    SequenceState state = key.state;
    boolean forgotten = lifecycle.isForgotten(state, event.captureMicros);
    if (forgotten) {
      state.progress = state.progress.restarted();
    }
    if (event.start && (forgotten || !repeatsStart(state, event))) {
      restart(key, event);
    } else if (state.isOpen()) {
      placeInSession(key, event);
    } else {
      placeAfterSession(key, event, forgotten);
    }
  }

  private static boolean repeatsStart(SequenceState state, StepEvent event) {
    Session session = state.session;
    return event.position == session.start() && event.captureMicros == session.startMicros();
  }

  private void restart(KeyQueue<O> key, StepEvent event) {
    if (!key.state.isOpen()) {
      begin(key, event, event.position, "start");
      return;
    }
    key.plan(
        () -> giveUpAll(key),
        () -> lifecycle.endIfOpen(key, "restart"),
        () -> begin(key, event, event.position, "start"));
  }

  private void placeInSession(KeyQueue<O> key, StepEvent event) throws Exception {
    SequenceState state = key.state;
    if (!lifecycle.continues(state, event.format)) {
      emitter.deadLetter(event, Rejection.format(state.session.format(), event.format));
    } else if (isConsumed(state, event)) {
      drop(key, event);
    } else if (event.position > state.progress.next()) {
      buffer(key, event);
    } else {
      accept(key, event);
    }
  }

  private void placeAfterSession(KeyQueue<O> key, StepEvent event, boolean forgotten) {
    SequenceState state = key.state;
    boolean restarts = forgotten || lifecycle.isIdle(state, event.captureMicros);
    if (!restarts && isConsumed(state, event)) {
      drop(key, event);
    } else if (state.session.refused() && !forgotten) {
      Progress progress = state.progress;
      long lastMicros = Math.max(progress.lastMicros(), Micros.endOf(event));
      state.progress = progress.advanceTo(progress.next(), lastMicros);
      emitter.deadLetter(event, Rejection.afterGap(event));
    } else {
      long from = restarts ? event.position : Math.max(event.position, state.progress.next());
      begin(key, event, from, "implied");
    }
  }

  /** True if the event has no step and no end that is new. */
  private static boolean isConsumed(SequenceState state, StepEvent event) {
    long end = event.endPosition();
    if (end == state.progress.next()) {
      return !state.isOpen() || (event.position < end && !event.end);
    }
    return end < state.progress.next();
  }

  private void drop(KeyQueue<O> key, StepEvent event) {
    SequenceState state = key.state;
    Session session = state.session;
    if (state.progress.gaps().overlaps(event.position, event.endPosition())) {
      metrics.lateEvents.inc();
      emitter.deadLetter(event, Rejection.late(event));
    } else if (event.position >= session.start() && event.captureMicros < session.startMicros()) {
      emitter.deadLetter(event, Rejection.consumedInEarlierSession(event));
    } else {
      countDuplicate(state);
    }
  }

  private void countDuplicate(SequenceState state) {
    metrics.duplicateEvents.inc();
    state.counters = state.counters.plusDuplicate();
  }

  private void begin(KeyQueue<O> key, StepEvent event, long position, String reason) {
    long skipped = Micros.ofSteps(position - event.position, event.format.rate());
    long micros = Micros.plus(event.captureMicros, skipped);
    Optional<String> refusal = lifecycle.begin(key, event.format, position, micros, reason);
    if (refusal.isPresent()) {
      emitter.deadLetter(event, refusal.get());
    } else {
      accept(key, event);
    }
  }

  /** Makes a work item of the steps that are new. */
  private void accept(KeyQueue<O> key, StepEvent event) {
    SequenceState state = key.state;
    int trimmed = (int) (state.progress.next() - event.position);
    if (trimmed > 0) {
      state.counters = state.counters.plusTrimmed(trimmed);
      metrics.trimmedSteps.inc(trimmed);
    }
    key.compute(WorkItem.ofEvent(key, event, trimmed, consumed));
  }

  private void buffer(KeyQueue<O> key, StepEvent event) throws Exception {
    SequenceState state = key.state;
    if (event.captureMicros < state.session.startMicros()) {
      emitter.deadLetter(event, Rejection.earlyInEarlierSession(event, state.progress.next()));
      return;
    }
    if (early.add(state, event)) {
      countDuplicate(state);
    }
    if (event.end || event.position - state.progress.next() > maxSteps) {
      giveUpAll(key);
    } else if (state.buffered.count() > maxEvents) {
      giveUp(key);
    }
  }

  // ---- results ----

  /** Takes the result of an event's work item, then releases the events that it was waiting for. */
  private void consumed(WorkItem<O> item) {
    KeyQueue<O> key = item.key;
    SequenceState state = key.state;
    StepEvent event = item.event;
    if (item.failure != null) {
      failed(item);
      return;
    }
    if (emitter.predictions(item)) {
      metrics.usedEvents.inc();
    }
    state.model = state.model.next(item.batchItem.state);
    state.session = state.session.continuedIn(event.format);
    state.progress = state.progress.advanceTo(event.endPosition(), Micros.endOf(event));
    if (event.end) {
      lifecycle.close(key, "end");
    }
    if (isReleasable(state)) {
      key.plan(() -> release(key));
    }
  }

  /** The steps of an event that cannot be computed are a gap that nothing will close. */
  private void failed(WorkItem<O> item) {
    KeyQueue<O> key = item.key;
    StepEvent event = item.event;
    emitter.deadLetter(event, Rejection.failed(item.failure));
    key.plan(() -> release(key));
    if (event.end) {
      key.plan(() -> lifecycle.endIfOpen(key, "end"));
    }
    if (event.endPosition() > key.state.progress.next()) {
      Gap gap = new Gap(event.endPosition(), Micros.endOf(event), "refused");
      key.plan(() -> gaps.handle(key, gap));
    }
  }

  // ---- buffered events ----

  private static boolean isReleasable(SequenceState state) {
    Buffered buffered = state.buffered;
    return buffered.count() > 0 && (!state.isOpen() || buffered.first() <= state.progress.next());
  }

  /** Releases the buffered events that continue the sequence, one after the other. */
  void release(KeyQueue<O> key) throws Exception {
    if (isReleasable(key.state)) {
      key.plan(() -> release(key));
      place(key, early.removeFirst(key.state));
    }
  }

  /** Gives up the steps before the first buffered event, and releases what follows. */
  void giveUp(KeyQueue<O> key) {
    key.plan(
        () -> {
          Buffered first = key.state.buffered;
          gaps.handle(key, new Gap(first.first(), first.firstMicros(), "gap"));
        },
        () -> release(key));
  }

  /** Gives up all missing steps before buffered events. */
  void giveUpAll(KeyQueue<O> key) {
    if (key.state.isOpen() && key.state.buffered.count() > 0) {
      key.plan(() -> giveUp(key), () -> giveUpAll(key));
    }
  }

  /** True if missing steps are given up at this capture time. */
  boolean isOverdue(SequenceState state, long micros) {
    return state.buffered.count() > 0 && micros > deadline(state);
  }

  /** Capture time after which missing steps are given up; {@link Micros#NEVER} if none are. */
  long deadline(SequenceState state) {
    return waitMicros == 0 || state.buffered.count() == 0
        ? Micros.NEVER
        : Micros.plus(state.buffered.firstMicros(), waitMicros);
  }
}
