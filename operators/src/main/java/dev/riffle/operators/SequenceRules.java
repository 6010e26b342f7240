package dev.riffle.operators;

import java.util.Optional;

/**
 * What becomes of a sequence: on an event, as event time passes, and at the end of input. All of it
 * follows from the events of the sequence in their order and from event time, and depends neither
 * on batches nor on other sequences.
 *
 * <pre>
 *   event, watermark -> SequenceRules     usable?  another model's state?  what is due?
 *                    -> ReorderBuffer     dropped, trimmed, buffered, refused or accepted
 *                    -> GapHandler        missing steps: filled, skipped or refused
 *                    -> SessionLifecycle  begin and end of sessions
 *                    -> KeyQueue          a work item, and decisions that wait for its result
 * </pre>
 */
final class SequenceRules<O> {
  private final ReorderBuffer<O> reorder;
  private final SessionLifecycle<O> lifecycle;
  private final Emitter<O> emitter;

  SequenceRules(ReorderBuffer<O> reorder, SessionLifecycle<O> lifecycle, Emitter<O> emitter) {
    this.reorder = reorder;
    this.lifecycle = lifecycle;
    this.emitter = emitter;
  }

  /** Decides about an event of a key of which nothing is in flight. */
  void onEvent(KeyQueue<O> key, StepEvent event) throws Exception {
    Optional<String> flaw = Rejection.malformed(event);
    if (flaw.isPresent()) {
      emitter.deadLetter(event, flaw.get());
      return;
    }
    long micros = event.captureMicros;
    if (isDue(key.state, micros)) {
      key.plan(() -> takeOver(key), () -> passTime(key, micros), () -> reorder.add(key, event));
    } else {
      reorder.add(key, event);
    }
  }

  /** True if something has to be done before the open session can take an event. */
  private boolean isDue(SequenceState state, long micros) {
    return state.isOpen()
        && (lifecycle.isForeign(state)
            || reorder.isOverdue(state, micros)
            || lifecycle.isIdle(state, micros));
  }

  /**
   * Does what is due by the watermark; the key expires if nothing needs to be remembered of it.
   *
   * @param millis no event with this timestamp or an earlier one will arrive
   */
  void onWatermark(KeyQueue<O> key, long millis) {
    boolean last = millis == Long.MAX_VALUE;
    if (last) {
      key.plan(() -> endNow(key, "input-end"), () -> expireIfForgotten(key, millis));
    } else if (key.state.isOpen()) {
      // The earliest capture time that can still arrive.
      long micros = millis >= Micros.NEVER / 1000 ? Micros.NEVER : (millis + 1) * 1000;
      key.plan(
          () -> takeOver(key), () -> passTime(key, micros), () -> expireIfForgotten(key, millis));
    } else {
      expireIfForgotten(key, millis);
    }
  }

  private void expireIfForgotten(KeyQueue<O> key, long millis) {
    SequenceState state = key.state;
    if (!state.isOpen() && millis >= Micros.toTimer(lifecycle.forgetDeadline(state))) {
      key.expire();
    }
  }

  /** Ends the session at any time. */
  void endNow(KeyQueue<O> key, String reason) {
    if (key.state.isOpen()) {
      key.plan(
          () -> takeOver(key),
          () -> reorder.giveUpAll(key),
          () -> lifecycle.endIfOpen(key, reason));
    }
  }

  /** Applies the policy of the job if the state was written by another model. */
  void takeOver(KeyQueue<O> key) throws Exception {
    if (lifecycle.isForeign(key.state)) {
      lifecycle.takeOver(key);
      reorder.release(key);
    }
  }

  /** Does what is due in an open session by this capture time. */
  private void passTime(KeyQueue<O> key, long micros) {
    SequenceState state = key.state;
    if (!state.isOpen()) {
      return;
    }
    if (reorder.isOverdue(state, micros)) {
      key.plan(() -> reorder.giveUp(key), () -> passTime(key, micros));
    } else if (lifecycle.isIdle(state, micros)) {
      key.plan(() -> reorder.giveUpAll(key), () -> endIfIdle(key, micros));
    }
  }

  private void endIfIdle(KeyQueue<O> key, long micros) {
    if (key.state.isOpen() && lifecycle.isIdle(key.state, micros)) {
      lifecycle.end(key, "idle");
    }
  }

  /** The next watermark that changes something for this sequence, in milliseconds. */
  long nextTimer(SequenceState state) {
    return Micros.toTimer(
        state.isOpen()
            ? Math.min(lifecycle.idleDeadline(state), reorder.deadline(state))
            : lifecycle.forgetDeadline(state));
  }
}
