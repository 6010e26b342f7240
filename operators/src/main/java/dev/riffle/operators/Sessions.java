package dev.riffle.operators;

import dev.riffle.models.Format;
import dev.riffle.models.InputException;
import dev.riffle.models.StreamModel;
import java.time.Duration;
import java.util.List;
import java.util.TreeMap;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The order of a sequence's steps and the sessions they form. Works on the state of one key at a
 * time, which the operator has made the current one; all that it decides follows from the key's own
 * events in their order and from event time, so that what comes out depends neither on batches nor
 * on other keys.
 *
 * <pre>
 *   event -> admit    starts, idles, drops, trims, holds or refuses; a turn with a row, if there are
 *                     steps to compute
 *         -> complete state and answers of the turn, then all held events that now fit
 * </pre>
 *
 * Steps that are missing are given up, as the gap policy says, when more events are held than the
 * bounds allow, when an event of the sequence or the watermark is {@code maxReorderWait} past the
 * first one held, when the last event of the sequence has come, and when the session ends
 * otherwise.
 */
final class Sessions<O> {
  private static final Logger LOG = LoggerFactory.getLogger(Sessions.class);
  private static final float[] NO_VALUES = {};
  private static final int FILL_VALUES = 1 << 16;
  private static final long FAR = Long.MAX_VALUE;

  private final SequenceOptions options;
  private final StreamModel<O> model;
  private final String fingerprint;
  private final Inference<O> inference;
  private final Emitter<O> emitter;
  private final MapState<Long, StepEvent> held;
  private final OperatorMetrics metrics;
  private final long idleMicros;
  private final long waitMicros;
  private final long ttlMicros;

  Sessions(
      SequenceOptions options,
      StreamModel<O> model,
      Inference<O> inference,
      Emitter<O> emitter,
      MapState<Long, StepEvent> held,
      OperatorMetrics metrics) {
    this.options = options;
    this.model = model;
    this.fingerprint = model.info().fingerprint();
    this.inference = inference;
    this.emitter = emitter;
    this.held = held;
    this.metrics = metrics;
    this.idleMicros = micros(options.maxSequenceIdle());
    this.waitMicros = micros(options.maxReorderWait());
    this.ttlMicros = micros(options.stateTtl());
  }

  // ---- events ----

  /**
   * Takes an event as far as it goes without computing its steps.
   *
   * @return a turn whose row is to be computed and then given to {@link #complete}; or one without
   *     a row, which is complete
   */
  WorkItem<O> admit(SequenceState state, StepEvent event) throws Exception {
    WorkItem<O> nothing = new WorkItem<>(event.sequenceId, state);
    String flaw = flaw(event);
    if (flaw != null) {
      emitter.deadLetter(event, flaw);
      return nothing;
    }
    if (state.open) {
      takeOver(event.sequenceId, state);
      passTime(event.sequenceId, state, event.captureMicros);
    }
    return event.position == StepEvent.NEXT ? append(state, event) : place(state, event);
  }

  /**
   * Places an event that names no position: behind the steps of its open session, and at 0 where
   * one begins. It is never early, late or a duplicate.
   */
  private WorkItem<O> append(SequenceState state, StepEvent event) throws Exception {
    if (state.open && event.start) {
      end(event.sequenceId, state, "restart");
    }
    boolean refused = state.refused && !event.start && !isForgotten(state, event);
    if (state.open || refused) {
      return place(state, event.at(state.next));
    }
    return begin(state, event.at(0), 0, event.start ? "start" : "implied");
  }

  /** What is wrong with the event by itself; null if nothing is. */
  private static String flaw(StepEvent event) {
    int width = event.format.width();
    if (width < 1 || event.values.length % width != 0) {
      return "Expected whole steps of "
          + width
          + " values but got "
          + event.values.length
          + " values. Check the shape that the producer writes.";
    }
    if (event.position == StepEvent.NEXT) {
      return null;
    }
    if (event.position < 0 || event.endPosition() < event.position) {
      return "Expected a position from 0 to 2^63-1 but got "
          + event.position
          + ". Positions count steps from the beginning of the sequence.";
    }
    return null;
  }

  private WorkItem<O> place(SequenceState state, StepEvent event) throws Exception {
    String id = event.sequenceId;
    boolean forgotten = isForgotten(state, event);
    if (forgotten) {
      state.next = 0;
      state.gaps = SequenceState.NO_GAPS;
    }
    boolean repeatsStart =
        event.position == state.start && event.captureMicros == state.startMicros;
    if (event.start && !(repeatsStart && !forgotten)) {
      if (state.open) {
        giveUpAll(id, state);
      }
      if (state.open) {
        end(id, state, "restart");
      }
      return begin(state, event, event.position, "start");
    }
    if (!state.open) {
      boolean anew = forgotten || isIdle(state, event.captureMicros);
      if (!anew && isKnown(state, event)) {
        return drop(state, event);
      }
      if (state.refused && !forgotten) {
        state.lastMicros = Math.max(state.lastMicros, endMicros(event));
        return refuse(
            state,
            event,
            "Steps before "
                + event.position
                + " are missing, and gap-policy dead-letter refuses what follows a gap. Begin the"
                + " sequence again with sequence_start, or choose gap-policy fill or reset.");
      }
      long from = anew ? event.position : Math.max(event.position, state.next);
      return begin(state, event, from, "implied");
    }
    if (!event.format.equals(state.format)) {
      return refuse(
          state,
          event,
          "Expected "
              + text(state.format)
              + " as since the start of the session but got "
              + text(event.format)
              + ". Begin a new session with sequence_start when the format changes.");
    }
    if (isKnown(state, event)) {
      return drop(state, event);
    }
    if (event.position > state.next) {
      return hold(state, event);
    }
    return take(state, event);
  }

  /** The watermark forgets a key at its own pace; an event must not see how far it has come. */
  private boolean isForgotten(SequenceState state, StepEvent event) {
    return !state.open && (!state.known || event.captureMicros > forgetDeadline(state));
  }

  /** True if no step and no end of it is new. */
  private static boolean isKnown(SequenceState state, StepEvent event) {
    long end = event.endPosition();
    if (end == state.next) {
      return !state.open || (event.position < end && !event.end);
    }
    return end < state.next;
  }

  private WorkItem<O> drop(SequenceState state, StepEvent event) {
    if (state.isGap(event.position, event.endPosition())) {
      metrics.lateEvents.inc();
      return refuse(
          state,
          event,
          "Steps "
              + event.position
              + " to "
              + event.endPosition()
              + " came after the sequence had gone on without them. Raise max-reorder-events,"
              + " max-reorder-steps or max-reorder-wait to wait longer for what is missing; and let"
              + " the first event of a sequence come first: nothing before it is waited for.");
    }
    if (event.position >= state.start && event.captureMicros < state.startMicros) {
      return refuse(
          state,
          event,
          "Position "
              + event.position
              + " is known but this event was captured before the session began: it belongs to an"
              + " earlier session of this id. Give each recording an id of its own.");
    }
    metrics.duplicateEvents.inc();
    state.duplicates++;
    return new WorkItem<>(event.sequenceId, state);
  }

  private WorkItem<O> refuse(SequenceState state, StepEvent event, String error) {
    emitter.deadLetter(event, error);
    return new WorkItem<>(event.sequenceId, state);
  }

  private WorkItem<O> begin(SequenceState state, StepEvent event, long position, String reason) {
    long micros =
        plus(event.captureMicros, duration(position - event.position, event.format.rate()));
    String error = begin(event.sequenceId, state, event.format, position, micros, reason);
    return error == null ? take(state, event) : refuse(state, event, error);
  }

  /** The turn of an event that fits; what is known of it already is cut off. */
  private WorkItem<O> take(SequenceState state, StepEvent event) {
    int known = (int) (state.next - event.position);
    state.trimmedSteps += known;
    metrics.trimmedSteps.inc(known);
    int offset = known * event.format.width();
    int steps = event.steps() - known;
    return new WorkItem<>(event.sequenceId, state, event, event.end, event.values, offset, steps);
  }

  /** Keeps an early event; gives steps up where the bounds say so. */
  private WorkItem<O> hold(SequenceState state, StepEvent event) throws Exception {
    String id = event.sequenceId;
    if (event.captureMicros < state.startMicros) {
      return refuse(
          state,
          event,
          "Position "
              + event.position
              + " lies ahead of "
              + state.next
              + " but was captured before the session began: it belongs to an earlier session of"
              + " this id. Give each recording an id of its own.");
    }
    StepEvent same = held.get(event.position);
    long longest = same == null ? -1 : same.endPosition();
    if (event.endPosition() > longest || (event.endPosition() == longest && event.end)) {
      held.put(event.position, event);
    }
    if (same != null) {
      metrics.duplicateEvents.inc();
      state.duplicates++;
    } else {
      if (state.held == 0 || event.position < state.firstHeld) {
        state.firstHeld = event.position;
        state.firstHeldMicros = event.captureMicros;
      }
      state.held++;
    }
    if (event.end || event.position - state.next > options.maxReorderSteps()) {
      giveUpAll(id, state);
    } else if (state.held > options.maxReorderEvents()) {
      giveUp(id, state);
    }
    return new WorkItem<>(id, state);
  }

  // ---- answers ----

  /** Ends a turn whose row was computed, and takes all held events that fit now. */
  void complete(WorkItem<O> turn) throws Exception {
    settle(turn);
    release(turn.sequenceId, turn.state);
  }

  private void settle(WorkItem<O> turn) {
    SequenceState state = turn.state;
    StepEvent event = turn.event;
    long micros = endMicros(event);
    if (turn.failure == null) {
      emitter.answers(turn);
      state.model = turn.row.state;
      state.next = event.endPosition();
      state.lastMicros = micros;
      if (event.end) {
        ended(turn.sequenceId, state, "end");
      }
      return;
    }
    // What cannot be used is a gap that is known at once.
    emitter.deadLetter(event, message(turn.failure));
    if (event.endPosition() > state.next) {
      gap(turn.sequenceId, state, event.endPosition(), micros, "refused");
    }
    if (event.end && state.open) {
      end(turn.sequenceId, state, "end");
    }
  }

  private void release(String id, SequenceState state) throws Exception {
    while (state.held > 0 && (!state.open || state.firstHeld <= state.next)) {
      StepEvent event = held.get(state.firstHeld);
      held.remove(state.firstHeld);
      state.held--;
      findFirstHeld(state);
      WorkItem<O> turn = place(state, event);
      if (turn.row != null) {
        inference.run(List.of(turn));
        settle(turn);
      }
    }
  }

  private void findFirstHeld(SequenceState state) throws Exception {
    if (state.held == 0) {
      held.clear();
      return;
    }
    long first = FAR;
    for (long position : held.keys()) {
      first = Math.min(first, position);
    }
    state.firstHeld = first;
    state.firstHeldMicros = held.get(first).captureMicros;
  }

  // ---- gaps ----

  /** Gives up the steps before the first held event, and takes what follows without a gap. */
  private void giveUp(String id, SequenceState state) throws Exception {
    gap(id, state, state.firstHeld, state.firstHeldMicros, "gap");
    release(id, state);
  }

  private void giveUpAll(String id, SequenceState state) throws Exception {
    while (state.open && state.held > 0) {
      giveUp(id, state);
    }
  }

  private void gap(String id, SequenceState state, long position, long micros, String reason) {
    long missing = position - state.next;
    metrics.gaps.inc();
    emitter.gap(id, state, reason, missing);
    boolean fills = options.gapPolicy() == GapPolicy.FILL && missing <= options.maxFillSteps();
    if (fills && fill(id, state, missing)) {
      state.addGap(state.next, position);
      state.next = position;
      state.lastMicros = micros;
    } else {
      end(id, state, reason);
      if (options.gapPolicy() == GapPolicy.DEAD_LETTER) {
        state.refused = true;
      } else {
        begin(id, state, state.format, position, micros, reason);
      }
    }
  }

  /** Puts zeros where steps are missing; false if the model refuses them. */
  private boolean fill(String id, SequenceState state, long missing) {
    int width = state.format.width();
    int chunk = (int) Math.min(missing, Math.max(1, FILL_VALUES / width));
    float[] zeros = new float[chunk * width];
    for (long left = missing; left > 0; left -= chunk) {
      int steps = (int) Math.min(left, chunk);
      WorkItem<O> turn = new WorkItem<>(id, state, null, false, zeros, 0, steps);
      inference.run(List.of(turn));
      if (turn.failure != null) {
        return false;
      }
      emitter.answers(turn);
      state.model = turn.row.state;
    }
    state.filledSteps += missing;
    metrics.filledSteps.inc(missing);
    return true;
  }

  // ---- sessions ----

  /** Begins a session; returns why it cannot, or null. */
  private String begin(
      String id, SequenceState state, Format format, long position, long micros, String reason) {
    byte[] first;
    try {
      model.check(format);
      first = inference.open(format);
    } catch (InputException e) {
      return e.getMessage();
    }
    state.known = true;
    state.open = true;
    state.refused = false;
    state.format = format;
    if (position < state.next) { // positions count anew
      state.next = 0;
      state.gaps = SequenceState.NO_GAPS;
    }
    state.addGap(state.next, position);
    state.start = position;
    state.startMicros = micros;
    state.next = position;
    state.lastMicros = micros;
    state.duplicates = 0;
    state.trimmedSteps = 0;
    state.filledSteps = 0;
    state.fingerprint = fingerprint;
    state.model = first;
    metrics.activeSequences++;
    emitter.started(id, state, reason);
    return null;
  }

  /** Ends the open session; the model tells what is still open in it. */
  private void end(String id, SequenceState state, String reason) {
    WorkItem<O> turn = new WorkItem<>(id, state, null, true, NO_VALUES, 0, 0);
    inference.run(List.of(turn));
    if (turn.failure == null) {
      emitter.answers(turn);
    } else {
      LOG.warn(
          "The model could not finish sequence '{}' at position {}: what was still open in it is"
              + " not told.",
          id,
          state.next,
          turn.failure);
    }
    ended(id, state, reason);
  }

  private void ended(String id, SequenceState state, String reason) {
    state.open = false;
    state.model = SequenceState.NO_BYTES;
    metrics.activeSequences--;
    emitter.ended(id, state, reason);
  }

  /** Does what the policy says with the state of another model. */
  void takeOver(String id, SequenceState state) throws Exception {
    if (state.fingerprint.equals(fingerprint)) {
      return;
    }
    switch (options.onModelChange()) {
      case REFUSE ->
          // A restart would meet the same state again.
          throw new SuppressRestartsException(
              new IllegalStateException(
                  "The state of sequence '"
                      + id
                      + "' was written by the model with fingerprint "
                      + state.fingerprint
                      + " but this job runs "
                      + model.info().label()
                      + " with fingerprint "
                      + fingerprint
                      + ". Start with on-model-change: carry if the new model continues the old one's"
                      + " state, or with on-model-change: reset to end the open sessions and begin"
                      + " anew."));
      case CARRY -> state.fingerprint = fingerprint;
      case RESET -> {
        ended(id, state, "model");
        begin(id, state, state.format, state.next, state.lastMicros, "model");
        release(id, state);
      }
    }
  }

  // ---- time ----

  /** What became due for an open session by this capture time. */
  private void passTime(String id, SequenceState state, long micros) throws Exception {
    while (state.open && state.held > 0 && micros > giveUpDeadline(state)) {
      giveUp(id, state);
    }
    if (state.open && isIdle(state, micros)) {
      giveUpAll(id, state);
    }
    if (state.open && isIdle(state, micros)) {
      end(id, state, "idle");
    }
  }

  /**
   * What became due by the watermark.
   *
   * @param millis no event with this timestamp or an earlier one is to come
   * @return true if nothing is to be remembered of the sequence
   */
  boolean onWatermark(String id, SequenceState state, long millis) throws Exception {
    if (state.open) {
      takeOver(id, state);
      // The earliest capture time that can still come.
      passTime(id, state, millis >= FAR / 1000 ? FAR : (millis + 1) * 1000);
    }
    return !state.open && millis >= timerAt(forgetDeadline(state));
  }

  /** Ends the session whatever time it is. */
  void endNow(String id, SequenceState state, String reason) throws Exception {
    if (state.open) {
      takeOver(id, state);
      giveUpAll(id, state);
    }
    if (state.open) {
      end(id, state, reason);
    }
  }

  /** When the watermark is to be looked at for this sequence, in milliseconds; far if never. */
  long nextTimer(SequenceState state) {
    if (!state.open) {
      return timerAt(forgetDeadline(state));
    }
    long idle = idleMicros == 0 ? FAR : plus(state.lastMicros, idleMicros);
    return timerAt(state.held == 0 ? idle : Math.min(idle, giveUpDeadline(state)));
  }

  private boolean isIdle(SequenceState state, long micros) {
    return idleMicros > 0 && micros > plus(state.lastMicros, idleMicros);
  }

  private long giveUpDeadline(SequenceState state) {
    return waitMicros == 0 ? FAR : plus(state.firstHeldMicros, waitMicros);
  }

  private long forgetDeadline(SequenceState state) {
    return ttlMicros == 0 ? FAR : plus(state.lastMicros, ttlMicros);
  }

  private static long timerAt(long micros) {
    return micros == FAR ? FAR : Math.floorDiv(micros, 1000L);
  }

  /** a + b, or where that is no long the nearest time there is, which is short of far. */
  private static long plus(long a, long b) {
    long sum = a + b;
    boolean overflow = ((a ^ sum) & (b ^ sum)) < 0;
    return overflow ? (a < 0 ? Long.MIN_VALUE : FAR - 1) : sum;
  }

  /** Capture time of the step that would follow the event. */
  private static long endMicros(StepEvent event) {
    return plus(event.captureMicros, duration(event.steps(), event.format.rate()));
  }

  /** Microseconds that so many steps take; 0 where time between steps means nothing. */
  private static long duration(long steps, int rate) {
    return rate <= 0 ? 0 : steps / rate * 1_000_000 + steps % rate * 1_000_000 / rate;
  }

  private static long micros(Duration duration) {
    return duration.compareTo(Duration.ofDays(100_000)) > 0 ? FAR : duration.toNanos() / 1000;
  }

  private static String text(Format format) {
    String steps = "steps of width " + format.width() + " at rate " + format.rate();
    return format.attributes().isEmpty()
        ? steps
        : steps + " with attributes " + new TreeMap<>(format.attributes());
  }

  private static String message(RuntimeException failure) {
    return failure instanceof InputException
        ? failure.getMessage()
        : "The model could not compute this event: " + failure;
  }
}
