package dev.riffle.operators;

import dev.riffle.models.Format;
import dev.riffle.models.Row;
import dev.riffle.models.StateException;
import dev.riffle.models.StreamRunner;
import java.util.ArrayList;
import java.util.List;

/** Computes batches of turns, and finds the turn at fault when a batch cannot be computed. */
final class Inference<O> {
  private final StreamRunner<O> runner;
  private final OperatorMetrics metrics;

  Inference(StreamRunner<O> runner, OperatorMetrics metrics) {
    this.runner = runner;
    this.metrics = metrics;
  }

  /**
   * Computes the rows of the turns. A row that cannot be computed leaves its {@link Turn#failure};
   * the others are what they would be without it.
   *
   * @throws StateException if a state was written by another model
   */
  void run(List<Turn<O>> turns) {
    List<Turn<O>> going = new ArrayList<>(turns.size());
    List<Turn<O>> ending = new ArrayList<>();
    for (Turn<O> turn : turns) {
      (turn.finish ? ending : going).add(turn);
    }
    long began = System.nanoTime();
    compute(going, false);
    compute(ending, true);
    long micros = (System.nanoTime() - began) / 1000;
    metrics.batchSize.update(turns.size());
    metrics.inferenceLatency.update(micros);
    metrics.inferenceRequests.inc(turns.size());
    for (Turn<O> turn : turns) {
      turn.computeMicros = micros;
      if (turn.event != null) {
        turn.queueMicros = Math.max(0, (began - turn.event.arrivedNanos) / 1000);
        metrics.queueLatency.update(turn.queueMicros);
      }
      if (turn.failure != null) {
        metrics.inferenceFailures.inc();
      }
    }
  }

  private void compute(List<Turn<O>> turns, boolean finish) {
    if (turns.isEmpty()) {
      return;
    }
    List<Row<O>> rows = new ArrayList<>(turns.size());
    for (Turn<O> turn : turns) {
      rows.add(turn.row);
    }
    try {
      call(rows, finish);
    } catch (StateException e) {
      throw e;
    } catch (RuntimeException e) {
      if (turns.size() == 1) {
        turns.get(0).failure = e;
        return;
      }
      for (Turn<O> turn : turns) {
        turn.renewRow();
        compute(List.of(turn), finish);
      }
    }
  }

  private void call(List<Row<O>> rows, boolean finish) {
    if (finish) {
      runner.finish(rows);
    } else {
      runner.advance(rows);
    }
  }

  /** State of a session before its first step. */
  byte[] open(Format format) {
    return runner.open(format);
  }
}
