package dev.riffle.models;

import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.PackedSequences;
import dev.riffle.kernels.Tensor;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/** Computes the windows that the steps of a batch complete, for one thread. */
final class WindowRunner implements StreamRunner<PredictionValues> {
  /**
   * Most values of the largest tensor of a batch: 64 MiB of floats. This is enough work for any
   * device, and needs no more memory than one long window. A single window may exceed it.
   */
  private static final long MAX_VALUES = 1 << 24;

  /** A window to compute, and the batch item that it belongs to. */
  private record Job(WindowInput input, WindowSchedule.Window window) {}

  private final WindowStreamModel stream;
  private final WindowModel model;
  private final WindowSchedule schedule;
  private final Kernels kernels;
  private final Scratch work;
  private float[] values = new float[0];
  private float[] predictions = new float[0];

  WindowRunner(WindowStreamModel stream, WindowModel model, WindowSchedule schedule) {
    this.stream = stream;
    this.model = model;
    this.schedule = schedule;
    this.kernels = model.kernels();
    this.work = new Scratch(kernels);
  }

  @Override
  public byte[] open(Format format) {
    stream.check(format);
    return WindowState.allocate(model, schedule.options(), 0, 0).array();
  }

  @Override
  public void advance(List<BatchItem<PredictionValues>> items) {
    run(items, false);
  }

  @Override
  public void finish(List<BatchItem<PredictionValues>> items) {
    run(items, true);
  }

  @Override
  public void warmUp(int slots) {
    Format format = new Format(0, model.inputs());
    int length = schedule.options().length();
    float[] zeros = new float[length * model.inputs()];
    List<BatchItem<PredictionValues>> items = new ArrayList<>(slots);
    for (int b = 0; b < slots; b++) {
      items.add(new BatchItem<>(format, open(format), zeros, 0, length));
    }
    advance(items);
  }

  private void run(List<BatchItem<PredictionValues>> items, boolean finish) {
    List<WindowInput> inputs = new ArrayList<>(items.size());
    for (BatchItem<PredictionValues> item : items) {
      stream.check(item.format);
      inputs.add(new WindowInput(item, stream.info(), model, schedule.options()));
    }
    compute(complete(inputs));
    if (finish) {
      List<Job> last = new ArrayList<>();
      for (WindowInput input : inputs) {
        schedule.last(input.after()).ifPresent(window -> last.add(new Job(input, window)));
      }
      last.sort(Comparator.comparingInt(job -> model.bin(job.window.steps())));
      compute(last);
    }
    inputs.forEach(WindowInput::store);
  }

  private List<Job> complete(List<WindowInput> inputs) {
    List<Job> jobs = new ArrayList<>();
    for (WindowInput input : inputs) {
      long end = schedule.options().next(input.after());
      for (long k = schedule.options().next(input.before()); k < end; k++) {
        jobs.add(new Job(input, schedule.complete(k)));
      }
    }
    return jobs;
  }

  /** Computes windows in batches. The windows of a batch share a bin; no batch is too large. */
  private void compute(List<Job> jobs) {
    int from = 0;
    while (from < jobs.size()) {
      int bin = model.bin(jobs.get(from).window.steps());
      long size = 0;
      int to = from;
      while (to < jobs.size() && model.bin(jobs.get(to).window.steps()) == bin) {
        size += stream.values(jobs.get(to).window.steps());
        if (to > from && size > MAX_VALUES) {
          break;
        }
        to++;
      }
      forward(jobs.subList(from, to));
      from = to;
    }
  }

  private void forward(List<Job> jobs) {
    int[] starts = new int[jobs.size() + 1];
    for (int b = 0; b < jobs.size(); b++) {
      starts[b + 1] = starts[b] + jobs.get(b).window.steps();
    }
    int rows = starts[jobs.size()];
    if (values.length < rows * model.inputs()) {
      values = new float[rows * model.inputs()];
    }
    FloatBuffer to = FloatBuffer.wrap(values);
    for (Job job : jobs) {
      job.input.copy(job.window.begin(), job.window.steps(), to);
    }
    int predicted = schedule.eachStep() ? rows : jobs.size();
    Tensor y = work.tensor("window.y", predicted * model.outputs());
    PackedSequences packed = new PackedSequences(starts, jobs.size());
    model.forward(new WindowBatch(values, model.inputs(), packed), y, work);
    for (int b = 0; b < jobs.size(); b++) {
      WindowSchedule.Window window = jobs.get(b).window;
      int skipped = (int) (window.emitBegin() - window.begin());
      emit(jobs.get(b), y, schedule.eachStep() ? starts[b] + skipped : b);
    }
  }

  /** Emits the predictions of a window; they begin at this row of y. */
  private void emit(Job job, Tensor y, int row) {
    WindowSchedule.Window window = job.window;
    boolean each = schedule.eachStep();
    int width = model.outputs();
    int count = each ? (int) (window.emitEnd() - window.emitBegin()) : 1;
    if (predictions.length < count * width) {
      predictions = new float[count * width];
    }
    kernels.read(y, row * width, predictions, 0, count * width);
    long position = window.begin() + window.steps();
    int steps = each ? 1 : window.steps();
    for (int i = 0; i < count; i++) {
      float[] own = Arrays.copyOfRange(predictions, i * width, (i + 1) * width);
      PredictionValues value =
          new PredictionValues(own, model.outputShape(), window.emitBegin() + i, steps);
      job.input.emit(new Prediction<>(position, value));
    }
  }
}
