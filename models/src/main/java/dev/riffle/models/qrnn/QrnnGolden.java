package dev.riffle.models.qrnn;

import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.PackedSequences;
import dev.riffle.kernels.Tensor;
import dev.riffle.models.Block;
import dev.riffle.models.PredictAt;
import dev.riffle.models.RecurrentState;
import dev.riffle.models.Scratch;
import dev.riffle.models.golden.GoldenCase;
import dev.riffle.models.golden.GoldenReport;
import dev.riffle.models.golden.GoldenValues;
import dev.riffle.models.weights.Safetensors;
import dev.riffle.models.weights.Weights;

/** Compares the family {@code qrnn} with its goldens. */
public final class QrnnGolden {
  private QrnnGolden() {}

  /**
   * Runs a golden twice. The first run takes all steps at once. The second run goes from one
   * recorded state to the next and compares the states there.
   */
  public static void check(GoldenCase golden, Kernels kernels, GoldenReport report) {
    Safetensors tensors = golden.tensors();
    Qrnn qrnn =
        new Qrnn(kernels, QrnnConfig.of(golden.settings().under("hparams")), Weights.of(tensors));
    boolean timeFirst =
        golden.settings().under("hparams").text("layout").equals("time,batch,feature");
    int[] shape = tensors.shape("input");
    int batch = shape[timeFirst ? 1 : 0];
    int length = shape[timeFirst ? 0 : 1];
    new GoldenRun(golden, qrnn, report, timeFirst, batch, length).check();
  }

  private record GoldenRun(
      GoldenCase golden, Qrnn qrnn, GoldenReport report, boolean timeFirst, int batch, int length) {

    void check() {
      checkAllSteps();
      checkRecordedStates();
    }

    private void checkAllSteps() {
      RecurrentState state = initial();
      double[] h = new double[batch * length * qrnn.outputs()];
      advance(state, 0, length, h, new Scratch(qrnn.kernels()));
      compareOutput(h);
      if (golden.tensors().has("hidden_n_f64")) {
        int size = batch * qrnn.config().hiddenSize();
        double[] c = new double[qrnn.config().numLayers() * size]; // [layers, batch, hidden]
        for (int i = 0; i < qrnn.config().numLayers(); i++) {
          qrnn.kernels().read(state.part(2 * i), 0, c, i * size, size);
        }
        report.compareRecorded(golden, qrnn.kernels(), "hidden_n_f64", c);
      }
    }

    private void checkRecordedStates() {
      long[] stops = golden.tensors().longs("state_steps");
      int layers = qrnn.config().numLayers();
      int[] sizes = qrnn.stateSizes();
      double[][] parts = new double[sizes.length][]; // [stops, batch, size]
      for (int p = 0; p < sizes.length; p++) {
        parts[p] = new double[stops.length * batch * sizes[p]];
      }
      Scratch work = new Scratch(qrnn.kernels());
      RecurrentState state = initial();
      double[] h = new double[batch * length * qrnn.outputs()];
      int from = 0;
      for (int s = 0; s < stops.length; s++) {
        advance(state, from, (int) stops[s], h, work);
        from = (int) stops[s];
        for (int p = 0; p < sizes.length; p++) {
          int size = batch * sizes[p];
          qrnn.kernels().read(state.part(p), 0, parts[p], s * size, size);
        }
      }
      advance(state, from, length, h, work);
      compareOutput(h);
      for (int i = 0; i < layers; i++) {
        compareState("state_c." + i + "_f64", parts[2 * i]);
        compareState("state_tail." + i + "_f64", parts[2 * i + 1]);
        compareState("state_prev_x." + i + "_f64", parts[2 * i + 1]);
      }
      compareState("state_c_f64", byStopAndLayer(parts, stops.length));
    }

    /**
     * Joins c of all layers, each {@code [stops, batch, hidden]}, to {@code [stops, layers, batch,
     * hidden]}.
     */
    private double[] byStopAndLayer(double[][] parts, int stops) {
      int layers = qrnn.config().numLayers();
      int size = batch * qrnn.config().hiddenSize();
      double[] all = new double[stops * layers * size];
      for (int s = 0; s < stops; s++) {
        for (int i = 0; i < layers; i++) {
          System.arraycopy(parts[2 * i], s * size, all, (s * layers + i) * size, size);
        }
      }
      return all;
    }

    /** Returns zeros, or the initial state of the case: init_c, init_tail, hidden_init, prev_x. */
    private RecurrentState initial() {
      RecurrentState state = new RecurrentState(qrnn, batch);
      int[] sizes = qrnn.stateSizes();
      for (int i = 0; i < qrnn.config().numLayers(); i++) {
        int c = batch * sizes[2 * i];
        int tail = batch * sizes[2 * i + 1];
        initialize("init_c." + i, 0, state.part(2 * i), c);
        initialize("hidden_init", i * c, state.part(2 * i), c);
        initialize("init_tail." + i, 0, state.part(2 * i + 1), tail);
        initialize("prev_x." + i, 0, state.part(2 * i + 1), tail);
      }
      return state;
    }

    private void initialize(String name, int offset, Tensor part, int count) {
      if (golden.tensors().has(name)) {
        qrnn.kernels().write(golden.tensors().doubles(name), offset, part, 0, count);
      }
    }

    /**
     * Advances all sequences by the steps {@code from <= t < to}; h is {@code [batch, length, h]}.
     */
    private void advance(RecurrentState state, int from, int to, double[] h, Scratch work) {
      int steps = to - from;
      int outputs = qrnn.outputs();
      double[] input = batchFirst("input", qrnn.inputs());
      double[] x = GoldenValues.steps(input, batch, qrnn.inputs(), from, to);
      Tensor y = qrnn.kernels().allocate(batch * steps * outputs);
      Block block = new Block(qrnn.kernels().constant(x), PackedSequences.equal(batch, steps));
      qrnn.advance(block, state, PredictAt.EVERY_STEP, y, work);
      for (int b = 0; b < batch; b++) {
        int at = (b * length + from) * outputs;
        qrnn.kernels().read(y, b * steps * outputs, h, at, steps * outputs);
      }
    }

    /** Returns a recorded tensor as {@code [batch, length, width]}. */
    private double[] batchFirst(String name, int width) {
      double[] stored = golden.tensors().doubles(name);
      if (!timeFirst) {
        return stored;
      }
      double[] transposed = new double[stored.length];
      for (int t = 0; t < length; t++) {
        for (int b = 0; b < batch; b++) {
          System.arraycopy(
              stored, (t * batch + b) * width, transposed, (b * length + t) * width, width);
        }
      }
      return transposed;
    }

    private void compareOutput(double[] found) {
      double[] expected = batchFirst("output_f64", qrnn.outputs());
      report.compareRecorded(golden, qrnn.kernels(), "output_f64", expected, found);
    }

    private void compareState(String name, double[] found) {
      if (golden.tensors().has(name)) {
        report.compareRecorded(golden, qrnn.kernels(), name, found);
      }
    }
  }
}
