package dev.riffle.models.lru;

import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.Tensor;
import dev.riffle.models.Block;
import dev.riffle.models.Description;
import dev.riffle.models.PredictAt;
import dev.riffle.models.PredictionValues;
import dev.riffle.models.RecurrentState;
import dev.riffle.models.RecurrentStreamModel;
import dev.riffle.models.Scratch;
import dev.riffle.models.StreamModel;
import dev.riffle.models.golden.GoldenCase;
import dev.riffle.models.golden.GoldenReport;
import dev.riffle.models.weights.ModelDirectory;
import dev.riffle.models.weights.Safetensors;
import dev.riffle.models.weights.Weights;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** How models and goldens of the family {@code lru} are read. */
public final class LruFamily {
  private LruFamily() {}

  /** The model of a directory. */
  public static StreamModel<PredictionValues> load(ModelDirectory directory, Kernels kernels) {
    return new RecurrentStreamModel(
        directory.name(),
        directory.version(),
        directory.family(),
        directory.fingerprint(),
        model(directory, kernels));
  }

  /** What the model of a directory costs and sees, with an answer after each step. */
  public static Description describe(ModelDirectory directory, Kernels kernels, int length) {
    Lru lru = model(directory, kernels);
    return Description.recurrent(lru, lru.config().layers(), length, lru.multiplyAdds());
  }

  private static Lru model(ModelDirectory directory, Kernels kernels) {
    return new Lru(kernels, Lru.Config.of(directory.config()), directory.weights());
  }

  /**
   * Runs a golden twice: all steps at once, for every step's answer and the values on the way; and
   * from one recorded state to the next, for the states and the answers there.
   */
  public static void check(GoldenCase golden, Kernels kernels, GoldenReport report) {
    Safetensors tensors = golden.tensors();
    Lru lru =
        new Lru(kernels, Lru.Config.of(golden.settings().under("hparams")), Weights.of(tensors));
    double[] input = tensors.doubles("input"); // [batch, length, inputs]
    int batch = tensors.shape("input")[0];
    int length = tensors.shape("input")[1];
    int[] stops = new int[tensors.size("state_steps")];
    for (int i = 0; i < stops.length; i++) {
      stops[i] = (int) tensors.longs("state_steps")[i];
    }
    new GoldenRun(golden, lru, report, input, batch, length, stops).check();
  }

  private record GoldenRun(
      GoldenCase golden,
      Lru lru,
      GoldenReport report,
      double[] input,
      int batch,
      int length,
      int[] stops) {

    void check() {
      checkAtOnce();
      checkFromStopToStop();
    }

    private void checkAtOnce() {
      Map<String, List<double[]>> seen = new HashMap<>();
      Scratch work = new Scratch(lru.kernels());
      work.observe(
          (stage, values, rows, width) ->
              seen.computeIfAbsent(stage, s -> new ArrayList<>()).add(read(values, rows * width)));
      Tensor y = lru.kernels().allocate(batch * length * lru.outputs());
      RecurrentState state = new RecurrentState(lru, batch);
      lru.advance(block(0, length), state, PredictAt.EVERY_STEP, y, work);

      double[] all = read(y, batch * length * lru.outputs()); // [batch, length, outputs]
      boolean pooled = lru.config().pooling() != Lru.Pooling.NONE;
      compare("output_f64", pooled ? rows(all, new int[] {length}) : all);
      compare("prefix_output_f64", rows(all, stops));

      compareSeen("encoder_output", seen.get("encoder_output").get(0));
      for (int i = 0; i < lru.config().layers(); i++) {
        compareSeen("lru_output." + i, seen.get("lru_output").get(i));
        compareSeen("layer_output." + i, seen.get("layer_output").get(i));
      }
    }

    private void checkFromStopToStop() {
      int n = lru.config().dHidden();
      int outputs = lru.outputs();
      Scratch work = new Scratch(lru.kernels());
      RecurrentState state = new RecurrentState(lru, batch);
      Tensor y = lru.kernels().allocate(batch * outputs);
      double[] answers = new double[batch * stops.length * outputs]; // [batch, stops, outputs]
      double[][][] h = new double[lru.config().layers()][2][batch * stops.length * n];
      for (int i = 0; i < stops.length; i++) {
        lru.advance(
            block(i == 0 ? 0 : stops[i - 1], stops[i]), state, PredictAt.LAST_STEP, y, work);
        for (int b = 0; b < batch; b++) {
          int place = b * stops.length + i;
          lru.kernels().read(y, b * outputs, answers, place * outputs, outputs);
          for (int layer = 0; layer < h.length; layer++) {
            for (int part = 0; part < 2; part++) {
              Tensor from = state.part(layer); // [batch, 2, n]
              lru.kernels().read(from, (2 * b + part) * n, h[layer][part], place * n, n);
            }
          }
        }
      }
      compare("prefix_output_f64", answers);
      for (int layer = 0; layer < h.length; layer++) {
        compareState("state." + layer + ".re", h[layer][0]);
        compareState("state." + layer + ".im", h[layer][1]);
      }
    }

    private void compare(String name, double[] found) {
      report.compareRecorded(golden, lru.kernels(), name, found);
    }

    /** Some cases record the values on the way. */
    private void compareSeen(String name, double[] found) {
      if (golden.tensors().has(name)) {
        compare(name, found);
      }
    }

    /** States follow the outputs' rule: 8 times the reference's own gap, 2e-5 at least. */
    private void compareState(String name, double[] found) {
      double gap = golden.tolerance("state_ref_f32_vs_f64_max_abs");
      double limit = GoldenCase.limit(lru.kernels(), Math.max(2e-5, 8 * gap));
      report.compare(name, golden.tensors().doubles(name), found, limit, limit);
    }

    /** Steps {@code from <= t < to} of all sequences. */
    private Block block(int from, int to) {
      int steps = to - from;
      int inputs = lru.inputs();
      double[] x = new double[batch * steps * inputs];
      int[] starts = new int[batch + 1];
      for (int b = 0; b < batch; b++) {
        System.arraycopy(
            input, (b * length + from) * inputs, x, b * steps * inputs, steps * inputs);
        starts[b + 1] = starts[b] + steps;
      }
      return new Block(lru.kernels().constant(x), starts, batch);
    }

    /** From {@code [batch, length, outputs]} the answers after these numbers of steps. */
    private double[] rows(double[] all, int[] steps) {
      int outputs = lru.outputs();
      double[] some = new double[batch * steps.length * outputs];
      for (int b = 0; b < batch; b++) {
        for (int i = 0; i < steps.length; i++) {
          int from = (b * length + steps[i] - 1) * outputs;
          System.arraycopy(all, from, some, (b * steps.length + i) * outputs, outputs);
        }
      }
      return some;
    }

    private double[] read(Tensor tensor, int count) {
      double[] values = new double[count];
      lru.kernels().read(tensor, 0, values, 0, count);
      return values;
    }
  }
}
