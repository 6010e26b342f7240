package dev.riffle.models.rse;

import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.PackedSequences;
import dev.riffle.kernels.Tensor;
import dev.riffle.models.Scratch;
import dev.riffle.models.Settings;
import dev.riffle.models.golden.GoldenCase;
import dev.riffle.models.golden.GoldenReport;
import dev.riffle.models.golden.GoldenValues;
import dev.riffle.models.weights.Safetensors;
import dev.riffle.models.weights.Weights;
import java.util.Arrays;

/** Compares the family {@code rse} with its goldens. */
public final class RseGolden {
  private RseGolden() {}

  /** Runs the windows of a golden and compares the outputs and the intermediate values. */
  public static void check(GoldenCase golden, Kernels kernels, GoldenReport report) {
    new GoldenRun(golden, kernels.forWindows(), report).check();
  }

  private record GoldenRun(GoldenCase golden, Kernels kernels, GoldenReport report) {

    void check() {
      Settings s = golden.settings().under("hparams");
      Weights weights = Weights.of(golden.tensors());
      switch (s.text("variant")) {
        case "tf-token" -> checkTokens(new RseTokens(kernels, s, weights));
        case "tf-musicnet" -> checkMusic(new RseMusic(kernels, s, weights));
        default -> checkNetwork(Rse.of(kernels, s, weights), s);
      }
    }

    private void checkNetwork(Rse network, Settings s) {
      Safetensors t = golden.tensors();
      int[] shape = t.shape("input"); // [batch, length, m]
      int length = network.paddedLength(shape[1]);
      boolean plain = s.has("network") && s.text("network").equals("plain");
      StageRecorder recorder = new StageRecorder(plain ? "shuffled" : "unit");
      Scratch work = new Scratch(kernels);
      work.observe(recorder);
      Tensor x = kernels.constant(t.doubles("input"));
      Tensor y = network.forward(x, PackedSequences.equal(shape[0], shape[1]), work);
      compare("output_f64", GoldenValues.read(kernels, y, shape[0] * length * shape[2]));
      if (t.has("all_mem")) {
        compare("all_mem", recorder.values());
      }
    }

    private void checkTokens(RseTokens model) {
      int[] shape = golden.tensors().shape("input"); // [batch, length]
      int[] input =
          Arrays.stream(golden.tensors().longs("input")).mapToInt(Math::toIntExact).toArray();
      int size = shape[0] * model.paddedLength(shape[1]) * model.outputs();
      Tensor y = kernels.allocate(size);
      PackedSequences sequences = PackedSequences.equal(shape[0], shape[1]);
      model.forward(input, sequences, y, new Scratch(kernels));
      compare("output_f64", GoldenValues.read(kernels, y, size));
    }

    private void checkMusic(RseMusic model) {
      int batch = golden.tensors().shape("input")[0]; // [batch, window]
      Tensor x = kernels.constant(golden.tensors().doubles("input"));
      Tensor y = kernels.allocate(batch * model.outputs());
      Scratch work = new Scratch(kernels);
      work.observe(
          (stage, values, rows, width) -> {
            switch (stage) {
              case "pooled" -> compare(stage, firstRows(values, rows, width, batch, 64));
              case "prediction" ->
                  compare("prediction_head", firstRows(values, rows, width, batch, 4));
              case "mid_logits", "uncalibrated" ->
                  compare(stage, GoldenValues.read(kernels, values, rows * width));
              default -> {
                // units are compared where the network is bare
              }
            }
          });
      model.forward(x, batch, y, work);
      compare("output_f64", GoldenValues.read(kernels, y, batch * model.outputs()));
    }

    private void compare(String name, double[] found) {
      report.compareRecorded(golden, kernels, name, found);
    }

    /** Returns the first {@code some} rows of each window. */
    private double[] firstRows(Tensor values, int rows, int width, int batch, int some) {
      double[] first = new double[batch * some * width];
      for (int b = 0; b < batch; b++) {
        int from = b * (rows / batch) * width;
        kernels.read(values, from, first, b * some * width, some * width);
      }
      return first;
    }

    /** Collects the values of one stage. */
    private final class StageRecorder implements Scratch.Observer {
      private final String stage;
      private double[] values = new double[0];

      StageRecorder(String stage) {
        this.stage = stage;
      }

      @Override
      public void saw(String seen, Tensor tensor, int rows, int width) {
        if (seen.equals(stage)) {
          int before = values.length;
          values = Arrays.copyOf(values, before + rows * width);
          kernels.read(tensor, 0, values, before, rows * width);
        }
      }

      double[] values() {
        return values;
      }
    }
  }
}
