package dev.riffle.operators;

import dev.riffle.kernels.DeviceException;
import dev.riffle.models.BatchItem;
import dev.riffle.models.Format;
import dev.riffle.models.InputException;
import dev.riffle.models.StateException;
import dev.riffle.models.StreamModel;
import dev.riffle.models.StreamRunner;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Computes turns in calls of the model that take no more places than a batch has, finds the turn at
 * fault when a call fails, and tells a bad input from a bad device.
 *
 * <pre>
 *   InputException                        the turn fails: a dead letter
 *   another exception of one row alone    the turn fails if the model still computes zeros;
 *                                         else the job fails
 *   DeviceException                       the job fails, and goes on from its last checkpoint
 *     OutOfMemory                         half the places, as long as there are two; then as above
 *   StateException                        the job fails
 * </pre>
 */
final class Inference<O> {
  private static final Logger LOG = LoggerFactory.getLogger(Inference.class);

  private final StreamModel<O> model;
  private final OperatorMetrics metrics;
  private StreamRunner<O> runner;
  private int maxPlaces;
  private long waitedNanos;
  private long computedNanos;

  /**
   * @param maxPlaces most places of one call, as {@link StreamModel#slots} counts; fewer once the
   *     device had no memory for so many
   */
  Inference(StreamModel<O> model, int maxPlaces, OperatorMetrics metrics) {
    this.model = model;
    this.maxPlaces = maxPlaces;
    this.metrics = metrics;
    this.runner = model.newRunner();
    metrics.maxPlaces = maxPlaces;
  }

  /** Lets the model compute zeros, up to so many slots; none for 0. */
  void warmUp(int slots) {
    while (slots > 0) {
      try {
        runner.warmUp(Math.min(slots, maxPlaces));
        return;
      } catch (DeviceException.OutOfMemory e) {
        halve(Math.min(slots, maxPlaces), e);
      }
    }
  }

  /** State of a session before its first step. */
  byte[] open(Format format) {
    return runner.open(format);
  }

  /** Time spent so far computing and waiting for a device, in nanoseconds. */
  long spentNanos() {
    return waitedNanos + computedNanos;
  }

  /**
   * Computes the rows of the turns. A row that cannot be computed leaves its {@link
   * WorkItem#failure}; the others are what they would be without it.
   *
   * @throws StateException if a state was written by another model
   * @throws DeviceException if the device failed, or has no memory for one place
   */
  void run(List<WorkItem<O>> turns) {
    List<WorkItem<O>> going = new ArrayList<>(turns.size());
    List<WorkItem<O>> ending = new ArrayList<>();
    for (WorkItem<O> turn : turns) {
      (turn.finish ? ending : going).add(turn);
    }
    long began = System.nanoTime();
    long waitedBefore = waitedNanos;
    long computedBefore = computedNanos;
    compute(going, false);
    compute(ending, true);
    long waited = waitedNanos - waitedBefore;
    for (WorkItem<O> turn : turns) {
      turn.computeMicros = (computedNanos - computedBefore) / 1000;
      if (turn.event != null) {
        turn.queueMicros = Math.max(0, (began + waited - turn.event.arrivedNanos) / 1000);
        if (turn.places > 0) {
          metrics.queueLatency.update(turn.queueMicros);
        }
      }
      if (turn.failure != null) {
        metrics.inferenceFailures.inc();
      }
    }
  }

  /** Computes as many turns in one call as there are places. */
  private void compute(List<WorkItem<O>> turns, boolean finish) {
    int from = 0;
    while (from < turns.size()) {
      int to = from;
      int places = 0;
      while (to < turns.size()) {
        WorkItem<O> turn = turns.get(to);
        turn.places = model.slots(turn.row, finish);
        if (to > from && places + turn.places > maxPlaces) {
          break;
        }
        places += turn.places;
        to++;
      }
      if (tryBatch(turns.subList(from, to), places, finish)) {
        from = to;
      }
    }
  }

  /** Computes a batch, or what can be of it; false if it is to be tried again with fewer places. */
  private boolean tryBatch(List<WorkItem<O>> turns, int places, boolean finish) {
    try {
      if (turns.size() == 1) {
        inParts(turns.get(0).row, finish);
      } else {
        List<BatchItem<O>> rows = new ArrayList<>(turns.size());
        for (WorkItem<O> turn : turns) {
          rows.add(turn.row);
        }
        call(rows, places, finish);
      }
    } catch (DeviceException.OutOfMemory e) {
      halve(Math.min(places, maxPlaces), e);
      for (WorkItem<O> turn : turns) {
        turn.renewRow();
      }
      return false;
    } catch (StateException | DeviceException e) {
      throw e;
    } catch (RuntimeException e) {
      if (turns.size() == 1) {
        atFault(turns.get(0), e);
        return true;
      }
      for (WorkItem<O> turn : turns) {
        turn.renewRow();
        compute(List.of(turn), finish);
      }
    }
    return true;
  }

  /** Computes a row, one part of its steps after the other where they take too many places. */
  private void inParts(BatchItem<O> row, boolean finish) {
    int done = 0;
    while (true) {
      BatchItem<O> rest = part(row, done, row.steps - done);
      int places = model.slots(rest, finish);
      if (places <= maxPlaces || rest.steps == 0) {
        call(List.of(rest), places, finish);
        take(row, rest);
        return;
      }
      BatchItem<O> part = rest;
      int partPlaces = model.slots(part, false);
      while (partPlaces > maxPlaces && part.steps > 1) {
        part = part(row, done, part.steps / 2);
        partPlaces = model.slots(part, false);
      }
      call(List.of(part), partPlaces, false);
      take(row, part);
      done += part.steps;
    }
  }

  private static <O> BatchItem<O> part(BatchItem<O> row, int from, int steps) {
    return new BatchItem<>(
        row.format, row.state, row.values, row.offset + from * row.format.width(), steps);
  }

  private static <O> void take(BatchItem<O> row, BatchItem<O> part) {
    row.state = part.state;
    row.predictions.addAll(part.predictions);
  }

  private void call(List<BatchItem<O>> rows, int places, boolean finish) {
    long began = System.nanoTime();
    if (finish) {
      runner.finish(rows);
    } else {
      runner.advance(rows);
    }
    if (places > 0) {
      long waited = runner.waitedNanos();
      long computed = System.nanoTime() - began - waited;
      waitedNanos += waited;
      computedNanos += computed;
      metrics.batchSize.update(places);
      metrics.deviceQueueLatency.update(waited / 1000);
      metrics.inferenceLatency.update(computed / 1000);
      metrics.inferenceRequests.inc(places);
    }
  }

  /** Halves the places of a batch for as long as this task runs. */
  private void halve(int places, DeviceException.OutOfMemory e) {
    metrics.outOfMemory.inc();
    if (places <= 1 || maxPlaces <= 1) {
      throw new DeviceException(
          "The device has no memory for a single window or row of model "
              + model.info().label()
              + ": "
              + e.getMessage()
              + " Choose a shorter window, or a device with more memory.",
          e);
    }
    maxPlaces = places / 2;
    metrics.maxPlaces = maxPlaces;
    runner = model.newRunner(); // gives back what the batch has allocated
    LOG.warn(
        "The device has no memory for {} windows or rows at once; from now on {} are computed"
            + " together, however large max-batch-size is: {}",
        places,
        maxPlaces,
        e.getMessage());
  }

  /** Blames the turn, unless the model does not even compute zeros. */
  private void atFault(WorkItem<O> turn, RuntimeException failure) {
    if (!(failure instanceof InputException)) {
      try {
        runner.warmUp(1);
      } catch (RuntimeException e) {
        e.addSuppressed(failure);
        throw new IllegalStateException(
            "Model "
                + model.info().label()
                + " could compute neither a step of sequence '"
                + turn.sequenceId
                + "' nor zeros: the model or its backend is at fault, not the input. See the cause.",
            e);
      }
    }
    turn.failure = failure;
  }
}
