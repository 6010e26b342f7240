package dev.riffle.operators;

import java.util.ArrayDeque;

/**
 * What is under way for one key: its state, the one work item that waits for a batch, the decisions
 * that depend on the item's result, and the events that arrived since. Exists while the key has
 * something to do, and never in a checkpoint.
 *
 * <p>Decisions form a stack: those made last are carried out first, so that a decision may split
 * into smaller ones without changing the order of what was decided before.
 */
final class KeyQueue<O> {
  final String sequenceId;
  final SequenceState state;

  // Most events need neither: both are null until the first element.
  private ArrayDeque<Decision> decisions;
  private ArrayDeque<StepEvent> events;

  private WorkItem<O> work;
  private boolean expired;

  /** Something to do for the key while no item of it is in flight. */
  interface Decision {
    void run() throws Exception;
  }

  KeyQueue(String sequenceId, SequenceState state) {
    this.sequenceId = sequenceId;
    this.state = state;
  }

  // ---- work ----

  /**
   * Hands an item to the next batch. Decisions wait until it is completed.
   *
   * @throws IllegalStateException if another item is in flight
   */
  void compute(WorkItem<O> item) {
    if (work != null) {
      throw new IllegalStateException(
          "Sequence '" + sequenceId + "' has a work item in flight already.");
    }
    work = item;
  }

  boolean hasWork() {
    return work != null;
  }

  /** The item in flight; call only if there is one. */
  WorkItem<O> work() {
    return work;
  }

  /** Removes the item, whose result is available now. */
  void workDone() {
    work = null;
  }

  // ---- decisions ----

  /** Plans a decision, to be carried out before those planned earlier. */
  void plan(Decision decision) {
    if (decisions == null) {
      decisions = new ArrayDeque<>();
    }
    decisions.push(decision);
  }

  /** Plans two decisions in this order, to be carried out before those planned earlier. */
  void plan(Decision first, Decision second) {
    plan(second);
    plan(first);
  }

  /** Plans three decisions in this order, to be carried out before those planned earlier. */
  void plan(Decision first, Decision second, Decision third) {
    plan(third);
    plan(first, second);
  }

  boolean hasDecisions() {
    return decisions != null && !decisions.isEmpty();
  }

  Decision nextDecision() {
    return decisions.pop();
  }

  // ---- events ----

  void add(StepEvent event) {
    if (events == null) {
      events = new ArrayDeque<>();
    }
    events.add(event);
  }

  boolean hasEvents() {
    return events != null && !events.isEmpty();
  }

  StepEvent nextEvent() {
    return events.remove();
  }

  // ---- end ----

  /** Marks the state for removal: nothing of the sequence needs to be remembered. */
  void expire() {
    expired = true;
  }

  boolean isExpired() {
    return expired;
  }
}
