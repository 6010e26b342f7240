package dev.riffle.models.routing;

import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.Tensor;
import dev.riffle.models.Description;
import dev.riffle.models.Scratch;
import dev.riffle.models.Settings;
import dev.riffle.models.golden.GoldenCase;
import dev.riffle.models.golden.GoldenReport;
import dev.riffle.models.weights.ModelDirectory;
import dev.riffle.models.weights.Safetensors;
import dev.riffle.models.weights.Weights;
import java.util.Arrays;

/** How goldens of the family {@code routing-transformer} are read. */
public final class RoutingFamily {
  private static final double LOSS = 1e-5; // relative; the loss is about 3e-5

  private RoutingFamily() {}

  /** The model of a directory, for windows. */
  public static RoutingTransformer model(ModelDirectory directory, Kernels kernels) {
    return new RoutingTransformer(kernels, directory.config(), directory.weights());
  }

  /** What the model of a directory costs and sees. */
  public static Description describe(ModelDirectory directory, Kernels kernels, int length) {
    return new RoutingTransformer(kernels, directory.config(), directory.weights())
        .describe(length);
  }

  /** Runs a golden's windows, and those of their beginnings that it recorded. */
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
    long[] lengths = tensors.longs("prefix_lengths");
    int outputs = model.outputs();
    double[] last = new double[batch * lengths.length * outputs]; // [batch, lengths, outputs]
    for (int i = 0; i < lengths.length; i++) {
      int steps = (int) lengths[i];
      double[] all = run(model, input(tensors, steps), loss);
      for (int b = 0; b < batch; b++) {
        System.arraycopy(
            all,
            ((b + 1) * steps - 1) * outputs,
            last,
            (b * lengths.length + i) * outputs,
            outputs);
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
    double[] values = new double[input.rows() * model.outputs()];
    kernels.read(y, 0, values, 0, values.length);
    return values;
  }

  /** The first {@code steps} rows of each window. */
  private static RoutingInput input(Safetensors tensors, int steps) {
    RoutingInput input = part(tensors, "input", steps);
    return tensors.has("context")
        ? input.with(part(tensors, "context", tensors.shape("context")[1]))
        : input;
  }

  private static RoutingInput part(Safetensors tensors, String name, int steps) {
    int[] shape = tensors.shape(name); // [batch, length] or [batch, length, dim]
    int batch = shape[0];
    int width = shape.length == 3 ? shape[2] : 1;
    double[] all = tensors.doubles(name);
    double[] some = new double[batch * steps * width];
    int[] starts = new int[batch + 1];
    for (int b = 0; b < batch; b++) {
      System.arraycopy(all, b * shape[1] * width, some, b * steps * width, steps * width);
      starts[b + 1] = (b + 1) * steps;
    }
    RoutingInput input =
        shape.length == 3
            ? RoutingInput.features(some, starts)
            : RoutingInput.tokens(Arrays.stream(some).mapToInt(t -> (int) t).toArray(), starts);
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
