package dev.riffle.jobs.sequence;

import dev.riffle.models.BatchItem;
import dev.riffle.models.Format;
import dev.riffle.models.ModelInfo;
import dev.riffle.models.StreamModel;
import dev.riffle.models.StreamRunner;
import java.util.List;
import java.util.function.Consumer;

/**
 * A recurrent model that answers after the last step of each row alone.
 *
 * @param model answers after each
 */
record LastStepModel<O>(StreamModel<O> model) implements StreamModel<O> {
  @Override
  public ModelInfo info() {
    return model.info();
  }

  @Override
  public void check(Format format) {
    model.check(format);
  }

  @Override
  public int slots(BatchItem<O> row, boolean finish) {
    return model.slots(row, finish);
  }

  @Override
  public StreamRunner<O> newRunner() {
    return new Runner<>(model.newRunner());
  }

  private record Runner<O>(StreamRunner<O> runner) implements StreamRunner<O> {
    @Override
    public byte[] open(Format format) {
      return runner.open(format);
    }

    @Override
    public void advance(List<BatchItem<O>> rows) {
      keepLast(rows, runner::advance);
    }

    @Override
    public void finish(List<BatchItem<O>> rows) {
      keepLast(rows, runner::finish);
    }

    @Override
    public void warmUp(int slots) {
      runner.warmUp(slots);
    }

    @Override
    public long waitedNanos() {
      return runner.waitedNanos();
    }

    private static <O> void keepLast(
        List<BatchItem<O>> rows, Consumer<List<BatchItem<O>>> compute) {
      compute.accept(rows);
      for (BatchItem<O> row : rows) {
        int size = row.predictions.size();
        if (size > 1) {
          row.predictions.subList(0, size - 1).clear();
        }
      }
    }
  }
}
