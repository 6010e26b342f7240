package dev.riffle.operators;

import dev.riffle.kernels.DeviceException;
import dev.riffle.models.Format;
import dev.riffle.models.StateException;
import dev.riffle.models.StreamModel;
import dev.riffle.schemas.Printable;
import java.util.Optional;
import java.util.function.Function;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Begins and ends the sessions of a sequence. Ending a session needs the model, which may have
 * predictions pending: the end is a work item, and the session is open until its result is known.
 */
final class SessionLifecycle<O> {
  private static final Logger LOG = LoggerFactory.getLogger(SessionLifecycle.class);

  private final StreamModel<O> model;
  private final Function<Format, byte[]> initialState;
  private final Emitter<O> emitter;
  private final OperatorMetrics metrics;
  private final StatePolicy onModelChange;
  private final String fingerprint;
  private final long idleMicros;
  private final long ttlMicros;

  /**
   * @param initialState gives the model's state before the first step of a session
   */
  SessionLifecycle(
      SequenceOptions options,
      StreamModel<O> model,
      Function<Format, byte[]> initialState,
      Emitter<O> emitter,
      OperatorMetrics metrics) {
    this.model = model;
    this.initialState = initialState;
    this.emitter = emitter;
    this.metrics = metrics;
    this.onModelChange = options.onModelChange();
    this.fingerprint = model.info().fingerprint();
    this.idleMicros = Micros.of(options.maxSequenceIdle());
    this.ttlMicros = Micros.of(options.stateTtl());
  }

  // ---- begin ----

  /**
   * Begins a session, unless the model refuses the format.
   *
   * @return the reason if the model refuses
   */
  Optional<String> begin(
      KeyQueue<O> key, Format format, long position, long micros, String reason) {
    byte[] first;
    try {
      model.check(format);
      first = initialState.apply(format);
    } catch (StateException | DeviceException e) {
      throw e;
    } catch (RuntimeException e) {
      return Optional.of(Rejection.failed(e));
    }
    SequenceState state = key.state;
    boolean restarts = position < state.progress.next();
    Progress before = restarts ? state.progress.restarted() : state.progress;
    state.seen = true;
    state.session = new Session(true, false, format, position, micros);
    state.progress = before.skipTo(position, micros);
    state.counters = Counters.ZERO;
    state.model = new ModelState(fingerprint, first);
    metrics.activeSequences++;
    emitter.started(key, reason);
    return Optional.empty();
  }

  /** True if steps of this format continue the open session. */
  boolean continues(SequenceState state, Format format) {
    return model.continues(state.session.format(), format);
  }

  // ---- end ----

  /** Ends the open session: the model completes its pending predictions first. */
  void end(KeyQueue<O> key, String reason) {
    key.compute(WorkItem.ofEnd(key, item -> finished(item, reason)));
  }

  /** As {@link #end}, if a session is open. */
  void endIfOpen(KeyQueue<O> key, String reason) {
    if (key.state.isOpen()) {
      end(key, reason);
    }
  }

  private void finished(WorkItem<O> item, String reason) {
    if (item.failure == null) {
      emitter.predictions(item);
    } else {
      LOG.warn(
          "Model {} could not complete sequence '{}' at position {}. Its pending predictions are"
              + " dropped.",
          model.info().label(),
          Printable.line(item.key.sequenceId),
          item.key.state.progress.next(),
          item.failure);
    }
    close(item.key, reason);
  }

  /** Marks the session as ended; the model has nothing pending or can no longer be asked. */
  void close(KeyQueue<O> key, String reason) {
    SequenceState state = key.state;
    state.session = state.session.ended();
    state.model = state.model.cleared();
    metrics.activeSequences--;
    emitter.ended(key, reason);
  }

  // ---- change of model ----

  /** True if the state of the session was written by another model. */
  boolean isForeign(SequenceState state) {
    return !state.model.fingerprint.equals(fingerprint);
  }

  /**
   * Applies the policy to the state of another model.
   *
   * @throws SuppressRestartsException if the policy refuses such a state
   */
  void takeOver(KeyQueue<O> key) {
    SequenceState state = key.state;
    switch (onModelChange) {
      case REFUSE ->
          // A restart would meet the same state again.
          throw new SuppressRestartsException(
              new IllegalStateException(
                  "The state of sequence '"
                      + Printable.line(key.sequenceId)
                      + "' was written by the model with fingerprint "
                      + state.model.fingerprint
                      + " but this job runs "
                      + model.info().label()
                      + " with fingerprint "
                      + fingerprint
                      + ". Start with on-model-change: carry if the new model can continue the"
                      + " state of the old one, or with on-model-change: reset to end the open"
                      + " sessions and begin new ones."));
      case CARRY -> state.model = new ModelState(fingerprint, state.model.bytes);
      case RESET -> {
        Progress progress = state.progress;
        close(key, "model");
        begin(key, state.session.format(), progress.next(), progress.lastMicros(), "model");
      }
    }
  }

  // ---- deadlines ----

  /** True if the session is idle at this capture time. */
  boolean isIdle(SequenceState state, long micros) {
    return idleMicros > 0 && micros > idleDeadline(state);
  }

  /** Capture time after which the session is idle. */
  long idleDeadline(SequenceState state) {
    return idleMicros == 0 ? Micros.NEVER : Micros.plus(state.progress.lastMicros(), idleMicros);
  }

  /** Capture time after which a sequence without an open session is forgotten. */
  long forgetDeadline(SequenceState state) {
    return ttlMicros == 0 ? Micros.NEVER : Micros.plus(state.progress.lastMicros(), ttlMicros);
  }

  /**
   * True if nothing of the sequence counts for an event of this capture time. The watermark removes
   * states later or earlier; this must not depend on it.
   */
  boolean isForgotten(SequenceState state, long micros) {
    return !state.isOpen() && (!state.seen || micros > forgetDeadline(state));
  }
}
