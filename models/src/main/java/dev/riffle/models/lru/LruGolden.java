package dev.riffle.models.lru;

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
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Compares the family {@code lru} with its goldens. */
public final class LruGolden {
  private LruGolden() {}

  /**
   * Runs a golden twice. The first run takes all steps at once and compares every prediction and
   * every intermediate value. The second run goes from one recorded state to the next and compares
   * the states and the predictions there.
   */
  public static void check(GoldenCase golden, Kernels kernels, GoldenReport report) {
    Safetensors tensors = golden.tensors();
    Lru lru =
        new Lru(kernels, LruConfig.of(golden.settings().under("hparams")), Weights.of(tensors));
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
      checkAllSteps();
      checkRecordedStates();
    }

    private void checkAllSteps() {
      Map<String, List<double[]>> seen = new HashMap<>();
      Scratch work = new Scratch(lru.kernels());
      work.observe(
          (stage, values, rows, width) ->
              seen.computeIfAbsent(stage, s -> new ArrayList<>())
                  .add(GoldenValues.read(lru.kernels(), values, rows * width)));
      Tensor y = lru.kernels().allocate(batch * length * lru.outputs());
      RecurrentState state = new RecurrentState(lru, batch);
      lru.advance(block(0, length), state, PredictAt.EVERY_STEP, y, work);

      int outputs = lru.outputs();
      double[] all = GoldenValues.read(lru.kernels(), y, batch * length * outputs);
      boolean pooled = lru.config().pooling() != LruConfig.Pooling.NONE;
      compare("output_f64", pooled ? GoldenValues.lastSteps(all, batch, outputs, length) : all);
      compare("prefix_output_f64", GoldenValues.lastSteps(all, batch, outputs, stops));

      compareIntermediate("encoder_output", seen.get("encoder_output").get(0));
      for (int i = 0; i < lru.config().layers(); i++) {
        compareIntermediate("lru_output." + i, seen.get("lru_output").get(i));
        compareIntermediate("layer_output." + i, seen.get("layer_output").get(i));
      }
    }

    private void checkRecordedStates() {
      int n = lru.config().dHidden();
      int outputs = lru.outputs();
      Scratch work = new Scratch(lru.kernels());
      RecurrentState state = new RecurrentState(lru, batch);
      Tensor y = lru.kernels().allocate(batch * outputs);
      double[] predictions = new double[batch * stops.length * outputs];
      double[][][] h = new double[lru.config().layers()][2][batch * stops.length * n];
      for (int i = 0; i < stops.length; i++) {
        lru.advance(
            block(i == 0 ? 0 : stops[i - 1], stops[i]), state, PredictAt.LAST_STEP, y, work);
        for (int b = 0; b < batch; b++) {
          int slot = b * stops.length + i;
          lru.kernels().read(y, b * outputs, predictions, slot * outputs, outputs);
          for (int layer = 0; layer < h.length; layer++) {
            for (int part = 0; part < 2; part++) {
              Tensor from = state.part(layer); // [batch, 2, n]
              lru.kernels().read(from, (2 * b + part) * n, h[layer][part], slot * n, n);
            }
          }
        }
      }
      compare("prefix_output_f64", predictions);
      for (int layer = 0; layer < h.length; layer++) {
        compareState("state." + layer + ".re", h[layer][0]);
        compareState("state." + layer + ".im", h[layer][1]);
      }
    }

    private void compare(String name, double[] found) {
      report.compareRecorded(golden, lru.kernels(), name, found);
    }

    /** Compares an intermediate value if the case recorded it. */
    private void compareIntermediate(String name, double[] found) {
      if (golden.tensors().has(name)) {
        compare(name, found);
      }
    }

    /** Allows 8 times the gap between the reference in 32 and 64 bits, and at least 2e-5. */
    private void compareState(String name, double[] found) {
      double gap = golden.tolerance("state_ref_f32_vs_f64_max_abs");
      double limit = GoldenCase.limit(lru.kernels(), Math.max(2e-5, 8 * gap));
      report.compare(name, golden.tensors().doubles(name), found, limit, limit);
    }

    /** Returns the steps {@code from <= t < to} of all sequences. */
    private Block block(int from, int to) {
      double[] x = GoldenValues.steps(input, batch, lru.inputs(), from, to);
      return new Block(lru.kernels().constant(x), PackedSequences.equal(batch, to - from));
    }
  }
}
