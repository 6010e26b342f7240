package dev.riffle.operators;

import dev.riffle.kernels.DeviceException;
import dev.riffle.models.BatchItem;
import dev.riffle.models.Format;
import dev.riffle.models.InputException;
import dev.riffle.models.StateException;
import dev.riffle.models.StreamModel;
import dev.riffle.models.StreamRunner;
import dev.riffle.schemas.Printable;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Computes work items in calls of the model that take no more slots than a batch has. If a call
 * fails, finds the item at fault and tells a bad input from a bad device.
 *
 * <pre>
 *   InputException                      the item fails
 *   another exception of a single item  the item fails if the model still computes zeros;
 *                                       otherwise the job fails
 *   DeviceException                     the job fails and restarts from its last checkpoint
 *     OutOfMemory                       halves the slots of a batch; fails as above at one slot
 *   StateException                      the job fails
 * </pre>
 */
final class Inference<O> {
  private static final Logger LOG = LoggerFactory.getLogger(Inference.class);

  private final StreamModel<O> model;
  private final OperatorMetrics metrics;
  private StreamRunner<O> runner;
  private int maxSlots;
  private long waitedNanos;
  private long computedNanos;

  /**
   * @param maxSlots slots of one call, as {@link StreamModel#slots} counts; fewer after the device
   *     ran out of memory
   */
  Inference(StreamModel<O> model, int maxSlots, OperatorMetrics metrics) {
    this.model = model;
    this.maxSlots = maxSlots;
    this.metrics = metrics;
    this.runner = model.newRunner();
    metrics.maxSlots = maxSlots;
  }

  /** Lets the model compute zeros in at most this many slots; nothing for 0. */
  void warmUp(int slots) {
    while (slots > 0) {
      try {
        runner.warmUp(Math.min(slots, maxSlots));
        return;
      } catch (DeviceException.OutOfMemory e) {
        halve(Math.min(slots, maxSlots), e);
      }
    }
  }

  /** The state of a session before its first step. */
  byte[] open(Format format) {
    return runner.open(format);
  }

  /** Time spent so far on computing and waiting for the device, in nanoseconds. */
  long spentNanos() {
    return waitedNanos + computedNanos;
  }

  /**
   * Computes work items. An item that cannot be computed gets a {@link WorkItem#failure}; it does
   * not change the results of the others.
   *
   * @throws StateException if a state was written by another model
   * @throws DeviceException if the device failed, or has no memory for a single slot
   */
  void run(List<WorkItem<O>> items) {
    List<WorkItem<O>> advancing = new ArrayList<>(items.size());
    List<WorkItem<O>> ending = new ArrayList<>();
    for (WorkItem<O> item : items) {
      (item.finish ? ending : advancing).add(item);
    }
    long began = System.nanoTime();
    long waitedBefore = waitedNanos;
    long computedBefore = computedNanos;
    compute(advancing, false);
    compute(ending, true);
    long waited = waitedNanos - waitedBefore;
    for (WorkItem<O> item : items) {
      item.computeMicros = (computedNanos - computedBefore) / 1000;
      if (item.event != null) {
        item.queueMicros = Math.max(0, (began + waited - item.event.arrivedNanos) / 1000);
        if (item.slots > 0) {
          metrics.queueLatency.update(item.queueMicros);
        }
      }
      if (item.failure != null) {
        metrics.inferenceFailures.inc();
      }
    }
  }

  /** Computes as many items in one call as there are slots. */
  private void compute(List<WorkItem<O>> items, boolean finish) {
    int from = 0;
    while (from < items.size()) {
      int to = from;
      int slots = 0;
      while (to < items.size()) {
        WorkItem<O> item = items.get(to);
        item.slots = model.slots(item.batchItem, finish);
        if (to > from && slots + item.slots > maxSlots) {
          break;
        }
        slots += item.slots;
        to++;
      }
      if (tryBatch(items.subList(from, to), slots, finish)) {
        from = to;
      }
    }
  }

  /**
   * Computes a batch, without the items at fault; false if it must be repeated with fewer slots.
   */
  private boolean tryBatch(List<WorkItem<O>> items, int slots, boolean finish) {
    try {
      if (items.size() == 1) {
        inParts(items.get(0).batchItem, finish);
      } else {
        List<BatchItem<O>> batch = new ArrayList<>(items.size());
        for (WorkItem<O> item : items) {
          batch.add(item.batchItem);
        }
        call(batch, slots, finish);
      }
    } catch (DeviceException.OutOfMemory e) {
      halve(Math.min(slots, maxSlots), e);
      for (WorkItem<O> item : items) {
        item.reset();
      }
      return false;
    } catch (StateException | DeviceException e) {
      throw e;
    } catch (RuntimeException e) {
      if (items.size() == 1) {
        atFault(items.get(0), e);
        return true;
      }
      for (WorkItem<O> item : items) {
        item.reset();
        compute(List.of(item), finish);
      }
    }
    return true;
  }

  /** Computes an item, in several calls if its steps take more slots than a call has. */
  private void inParts(BatchItem<O> item, boolean finish) {
    int done = 0;
    while (true) {
      BatchItem<O> rest = part(item, done, item.steps - done);
      int slots = model.slots(rest, finish);
      if (slots <= maxSlots || rest.steps == 0) {
        call(List.of(rest), slots, finish);
        take(item, rest);
        return;
      }
      BatchItem<O> part = rest;
      int partSlots = model.slots(part, false);
      while (partSlots > maxSlots && part.steps > 1) {
        part = part(item, done, part.steps / 2);
        partSlots = model.slots(part, false);
      }
      call(List.of(part), partSlots, false);
      take(item, part);
      done += part.steps;
    }
  }

  private static <O> BatchItem<O> part(BatchItem<O> item, int from, int steps) {
    return new BatchItem<>(
        item.format, item.state, item.values, item.offset + from * item.format.width(), steps);
  }

  private static <O> void take(BatchItem<O> item, BatchItem<O> part) {
    item.state = part.state;
    item.predictions.addAll(part.predictions);
  }

  private void call(List<BatchItem<O>> batch, int slots, boolean finish) {
    long began = System.nanoTime();
    if (finish) {
      runner.finish(batch);
    } else {
      runner.advance(batch);
    }
    if (slots > 0) {
      long waited = runner.waitedNanos();
      long computed = System.nanoTime() - began - waited;
      waitedNanos += waited;
      computedNanos += computed;
      metrics.batchSize.update(slots);
      metrics.deviceQueueLatency.update(waited / 1000);
      metrics.inferenceLatency.update(computed / 1000);
      metrics.inferenceRequests.inc(slots);
    }
  }

  /** Halves the slots of a batch for as long as this task runs. */
  private void halve(int slots, DeviceException.OutOfMemory e) {
    metrics.outOfMemory.inc();
    if (slots <= 1 || maxSlots <= 1) {
      throw new DeviceException(
          "The device has no memory for a single window or item of model "
              + model.info().label()
              + ": "
              + e.getMessage()
              + " Choose a shorter window, or a device with more memory.",
          e);
    }
    maxSlots = slots / 2;
    metrics.maxSlots = maxSlots;
    runner = model.newRunner(); // releases the memory of the failed batch
    LOG.warn(
        "The device has no memory for a batch of {}. Batches are limited to {} for the rest of this"
            + " run, even if max-batch-size is larger: {}",
        slots,
        maxSlots,
        e.getMessage());
  }

  /** Fails the item, unless the model cannot even compute zeros. */
  private void atFault(WorkItem<O> item, RuntimeException failure) {
    if (!(failure instanceof InputException)) {
      try {
        runner.warmUp(1);
      } catch (RuntimeException e) {
        e.addSuppressed(failure);
        throw new IllegalStateException(
            "Model "
                + model.info().label()
                + " could compute neither a step of sequence '"
                + Printable.line(item.key.sequenceId)
                + "' nor zeros: the model or its backend is at fault, not the input. See the cause.",
            e);
      }
    }
    item.failure = failure;
  }
}
