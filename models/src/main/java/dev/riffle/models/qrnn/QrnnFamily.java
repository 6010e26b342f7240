package dev.riffle.models.qrnn;

import dev.riffle.kernels.Kernels;
import dev.riffle.models.Description;
import dev.riffle.models.PredictionValues;
import dev.riffle.models.Settings;
import dev.riffle.models.families.Families;
import dev.riffle.models.families.Form;
import dev.riffle.models.families.LoadedModel;
import dev.riffle.models.families.NetworkFamily;
import dev.riffle.models.golden.GoldenCase;
import dev.riffle.models.golden.GoldenReport;
import dev.riffle.models.weights.ModelDirectory;

/** The family {@code qrnn}: quasi-recurrent networks, step by step or bidirectional in windows. */
public final class QrnnFamily extends NetworkFamily {
  private static final String BIDIRECTIONAL = "bidirectional";

  /** Creates the family; {@link Families} discovers it. */
  public QrnnFamily() {
    super("qrnn");
  }

  /** A bidirectional network reads windows, since its backward layers begin at their end. */
  @Override
  public Form form(Settings config) {
    boolean backward = config.has(BIDIRECTIONAL) && config.flag(BIDIRECTIONAL);
    return backward ? Form.WINDOWS : Form.STEPS;
  }

  @Override
  public LoadedModel<PredictionValues> load(ModelDirectory directory, Kernels kernels) {
    if (form(directory.config()) == Form.WINDOWS) {
      return new LoadedModel.Windows<>(bidirectional(directory, kernels.forWindows()));
    }
    return steps(directory, forward(directory, kernels));
  }

  private static Qrnn forward(ModelDirectory directory, Kernels kernels) {
    return new Qrnn(kernels, QrnnConfig.of(directory.config()), directory.weights());
  }

  /** The bidirectional model of a directory whose settings say so. */
  static BidirectionalQrnn bidirectional(ModelDirectory directory, Kernels kernels) {
    Settings settings = directory.config();
    QrnnConfig config = QrnnConfig.of(settings);
    if (config.variant() == QrnnConfig.Variant.LGIRRBACH) {
      throw settings.expected(
          "false for lgirrbach, whose code has no backward layers; variant paper with its"
              + " z_activation computes the same,",
          BIDIRECTIONAL);
    }
    return new BidirectionalQrnn(kernels, config, directory.weights());
  }

  @Override
  public Description describe(ModelDirectory directory, Kernels kernels, int length) {
    int layers = QrnnConfig.of(directory.config()).numLayers();
    if (form(directory.config()) == Form.WINDOWS) {
      BidirectionalQrnn both = bidirectional(directory, kernels);
      int window = Math.max(1, length);
      return Description.windowed(both, 2 * layers, window, window * both.multiplyAdds());
    }
    Qrnn qrnn = forward(directory, kernels);
    return Description.recurrent(qrnn, layers, length, qrnn.multiplyAdds());
  }

  @Override
  public void check(GoldenCase golden, Kernels kernels, GoldenReport report) {
    QrnnGolden.check(golden, kernels, report);
  }
}
