package dev.riffle.models.routing;

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

/** Compares the family {@code routing-transformer} with its goldens. */
public final class RoutingGolden {
  private static final double LOSS = 1e-5; // relative; the loss is about 3e-5

  private RoutingGolden() {}

  /** Runs the windows of a golden, and the prefixes of them that the golden recorded. */
  public static void check(GoldenCase golden, Kernels kernels, GoldenReport report) {
    Safetensors tensors = golden.tensors();
    Settings settings = golden.settings().under("hparams");
    RoutingTransformer model =
        new RoutingTransformer(kernels.forWindows(), settings, Weights.of(tensors));
    int batch = tensors.shape("input")[0];
    int length = tensors.shape("input")[1];

    double[] loss = new double[1];
    double[] y = run(model, input(tensors, length), loss);
    report.compareRecorded(golden, kernels, "output_f64", y);
    report.compare(
        "aux_loss_f64", tensors.doubles("aux_loss_f64"), loss, 0, GoldenCase.limit(kernels, LOSS));
    if (!tensors.has("prefix_lengths")) {
      return;
    }
    long[] prefixes = tensors.longs("prefix_lengths");
    int outputs = model.outputs();
    double[] last = new double[batch * prefixes.length * outputs]; // [batch, prefixes, outputs]
    for (int i = 0; i < prefixes.length; i++) {
      int steps = (int) prefixes[i];
      double[] all = run(model, input(tensors, steps), loss);
      double[] ends = GoldenValues.lastSteps(all, batch, outputs, steps); // [batch, outputs]
      for (int b = 0; b < batch; b++) {
        System.arraycopy(ends, b * outputs, last, (b * prefixes.length + i) * outputs, outputs);
      }
    }
    report.compareRecorded(golden, kernels, "prefix_last_logits_f64", last);
  }

  private static double[] run(RoutingTransformer model, RoutingInput input, double[] loss) {
    Kernels kernels = model.kernels();
    Scratch work = new Scratch(kernels);
    double[] term = new double[1];
    loss[0] = 0;
    work.observe(
        (stage, values, rows, width) -> {
          kernels.read(values, 0, term, 0, 1);
          loss[0] += term[0];
        });
    Tensor y = kernels.allocate(input.rows() * model.outputs());
    model.forward(input, y, work);
    return GoldenValues.read(kernels, y, input.rows() * model.outputs());
  }

  /** Returns the first {@code steps} rows of each window. */
  private static RoutingInput input(Safetensors tensors, int steps) {
    RoutingInput input = sequences(tensors, "input", steps);
    return tensors.has("context")
        ? input.with(sequences(tensors, "context", tensors.shape("context")[1]))
        : input;
  }

  private static RoutingInput sequences(Safetensors tensors, String name, int steps) {
    int[] shape = tensors.shape(name); // [batch, length] or [batch, length, dim]
    int batch = shape[0];
    int width = shape.length == 3 ? shape[2] : 1;
    double[] some = GoldenValues.steps(tensors.doubles(name), batch, width, 0, steps);
    PackedSequences sequences = PackedSequences.equal(batch, steps);
    RoutingInput input =
        shape.length == 3
            ? RoutingInput.features(some, sequences)
            : RoutingInput.tokens(Arrays.stream(some).mapToInt(t -> (int) t).toArray(), sequences);
    String maskName = name + "_mask";
    if (!tensors.has(maskName)) {
      return input;
    }
    double[] counts = tensors.doubles(maskName);
    boolean[] mask = new boolean[counts.length];
    for (int i = 0; i < mask.length; i++) {
      mask[i] = counts[i] != 0;
    }
    return input.masked(mask);
  }
}
