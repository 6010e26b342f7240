package dev.riffle.models.rse;

import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.Tensor;
import dev.riffle.models.Description;
import dev.riffle.models.Scratch;
import dev.riffle.models.Settings;
import dev.riffle.models.WindowModel;
import dev.riffle.models.golden.GoldenCase;
import dev.riffle.models.golden.GoldenReport;
import dev.riffle.models.weights.ModelDirectory;
import dev.riffle.models.weights.Safetensors;
import dev.riffle.models.weights.Weights;
import java.util.Arrays;
import java.util.List;

/** How models and goldens of the family {@code rse} are read. */
public final class RseFamily {
  private RseFamily() {}

  /** What the model of a directory costs and sees. */
  public static Description describe(ModelDirectory directory, Kernels kernels, int length) {
    return switch (directory.config().text("variant")) {
      case "tf-token", "tf-lambada" -> tokens(directory, kernels).describe(length);
      case "tf-musicnet" -> music(directory, kernels).describe(length);
      default -> {
        Rse network = network(directory, kernels);
        int window = length == 0 ? network.length() : length;
        int padded = network.paddedLength(window);
        yield Description.windowed(
            network, network.layers(padded), window, network.multiplyAdds(padded));
      }
    };
  }

  /** The model of a directory, of any variant. */
  public static WindowModel load(ModelDirectory directory, Kernels kernels) {
    return switch (directory.config().text("variant")) {
      case "tf-token", "tf-lambada" -> tokens(directory, kernels);
      case "tf-musicnet" -> music(directory, kernels);
      default -> network(directory, kernels);
    };
  }

  /** The bare network of a directory, of variant tf, torch-a or torch-b. */
  public static Rse network(ModelDirectory directory, Kernels kernels) {
    return Rse.of(kernels, directory.config(), directory.weights());
  }

  /** The model of tokens of a directory, of variant tf-token or tf-lambada. */
  public static RseTokens tokens(ModelDirectory directory, Kernels kernels) {
    Settings settings = variant(directory, "tf-token", "tf-lambada");
    return new RseTokens(kernels, settings, directory.weights());
  }

  /** The model of MusicNet of a directory, of variant tf-musicnet. */
  public static RseMusic music(ModelDirectory directory, Kernels kernels) {
    return new RseMusic(kernels, variant(directory, "tf-musicnet"), directory.weights());
  }

  private static Settings variant(ModelDirectory directory, String... variants) {
    Settings settings = directory.config();
    if (!List.of(variants).contains(settings.text("variant"))) {
      throw settings.expected(String.join(" or ", variants) + " here", "variant");
    }
    return settings;
  }

  /** Runs a golden's windows and compares every value that was recorded on the way. */
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
      Steps steps = new Steps(plain ? "shuffled" : "unit");
      Scratch work = new Scratch(kernels);
      work.observe(steps);
      Tensor x = kernels.constant(t.doubles("input"));
      Tensor y = network.forward(x, starts(shape[0], shape[1]), shape[0], work);
      compare("output_f64", read(y, shape[0] * length * shape[2]));
      if (t.has("all_mem")) {
        compare("all_mem", steps.values());
      }
    }

    private void checkTokens(RseTokens model) {
      int[] shape = golden.tensors().shape("input"); // [batch, length]
      int[] input =
          Arrays.stream(golden.tensors().longs("input")).mapToInt(Math::toIntExact).toArray();
      int size = shape[0] * model.paddedLength(shape[1]) * model.classes();
      Tensor y = kernels.allocate(size);
      int[] starts = starts(shape[0], shape[1]);
      model.forward(input, starts, shape[0], y, new Scratch(kernels));
      compare("output_f64", read(y, size));
    }

    private void checkMusic(RseMusic model) {
      int batch = golden.tensors().shape("input")[0]; // [batch, window]
      Tensor x = kernels.constant(golden.tensors().doubles("input"));
      Tensor y = kernels.allocate(batch * model.classes());
      Scratch work = new Scratch(kernels);
      work.observe(
          (stage, values, rows, width) -> {
            switch (stage) {
              case "pooled" -> compare(stage, firstRows(values, rows, width, batch, 64));
              case "prediction" ->
                  compare("prediction_head", firstRows(values, rows, width, batch, 4));
              case "mid_logits", "uncalibrated" -> compare(stage, read(values, rows * width));
              default -> {
                // units are compared where the network is bare
              }
            }
          });
      model.forward(x, batch, y, work);
      compare("output_f64", read(y, batch * model.classes()));
    }

    private void compare(String name, double[] found) {
      report.compareRecorded(golden, kernels, name, found);
    }

    /** The first {@code some} rows of each window. */
    private double[] firstRows(Tensor values, int rows, int width, int batch, int some) {
      double[] first = new double[batch * some * width];
      for (int b = 0; b < batch; b++) {
        int from = b * (rows / batch) * width;
        kernels.read(values, from, first, b * some * width, some * width);
      }
      return first;
    }

    private double[] read(Tensor tensor, int count) {
      double[] values = new double[count];
      kernels.read(tensor, 0, values, 0, count);
      return values;
    }

    private static int[] starts(int sequences, int length) {
      int[] starts = new int[sequences + 1];
      Arrays.setAll(starts, b -> b * length);
      return starts;
    }

    /** Collects what is shown of one stage. */
    private final class Steps implements Scratch.Observer {
      private final String stage;
      private double[] values = new double[0];

      Steps(String stage) {
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
