package dev.riffle.operators;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The keys whose work item waits for a batch, in the order in which they began to wait. */
final class BatchQueue<O> {
  private static final int EVENTS_PER_SLOT = 4;

  private final int maxSlots;
  private final Map<String, KeyQueue<O>> keys = new LinkedHashMap<>();
  private int slots;
  private int events;

  /**
   * @param maxSlots slots of one batch
   */
  BatchQueue(int maxSlots) {
    this.maxSlots = maxSlots;
  }

  /** True if a work item of this sequence waits. */
  boolean contains(String sequenceId) {
    return keys.containsKey(sequenceId);
  }

  /**
   * Queues an event after the work item of its key.
   *
   * @return false if no work item of the key waits: then the event is not queued
   */
  boolean offer(StepEvent event) {
    KeyQueue<O> key = keys.get(event.sequenceId);
    if (key == null) {
      return false;
    }
    key.add(event);
    events++;
    return true;
  }

  /** Takes the next queued event of a key that was removed with {@link #nextBatch}. */
  StepEvent nextEvent(KeyQueue<O> key) {
    events--;
    return key.nextEvent();
  }

  /** Adds a key with a work item. */
  void add(KeyQueue<O> key) {
    keys.put(key.sequenceId, key);
    slots += key.work().slots;
  }

  boolean isEmpty() {
    return keys.isEmpty();
  }

  /** True if the work items fill a batch, or so many events wait that one should be computed. */
  boolean isFull() {
    return slots >= maxSlots || events + keys.size() >= EVENTS_PER_SLOT * maxSlots;
  }

  /**
   * Removes as many work items as fit into a batch, beginning with the one that has waited longest.
   */
  List<WorkItem<O>> nextBatch() {
    List<WorkItem<O>> items = new ArrayList<>(Math.min(keys.size(), maxSlots));
    int used = 0;
    for (KeyQueue<O> key : keys.values()) {
      WorkItem<O> item = key.work();
      if (used > 0 && used + item.slots > maxSlots) {
        break;
      }
      used += item.slots;
      items.add(item);
    }
    for (WorkItem<O> item : items) {
      keys.remove(item.key.sequenceId);
    }
    slots -= used;
    return items;
  }
}
