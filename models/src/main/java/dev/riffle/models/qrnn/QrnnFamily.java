package dev.riffle.models.qrnn;

import dev.riffle.kernels.Kernels;
import dev.riffle.models.Description;
import dev.riffle.models.PredictionValues;
import dev.riffle.models.RecurrentStreamModel;
import dev.riffle.models.Settings;
import dev.riffle.models.StreamModel;
import dev.riffle.models.weights.ModelDirectory;

/** Loads and describes models of the family {@code qrnn}. */
public final class QrnnFamily {
  private static final String BIDIRECTIONAL = "bidirectional";

  private QrnnFamily() {}

  /** The model of a directory; null if it is bidirectional, and so has no form step by step. */
  public static StreamModel<PredictionValues> load(ModelDirectory directory, Kernels kernels) {
    if (bidirectional(directory.config())) {
      return null;
    }
    Qrnn qrnn = new Qrnn(kernels, QrnnConfig.of(directory.config()), directory.weights());
    return new RecurrentStreamModel(
        directory.name(), directory.version(), directory.family(), directory.fingerprint(), qrnn);
  }

  /** The bidirectional model of a directory; null if it reads forward only. */
  public static BidirectionalQrnn windows(ModelDirectory directory, Kernels kernels) {
    Settings settings = directory.config();
    if (!bidirectional(settings)) {
      return null;
    }
    QrnnConfig config = QrnnConfig.of(settings);
    if (config.variant() == QrnnConfig.Variant.LGIRRBACH) {
      throw settings.expected(
          "false for lgirrbach, whose code has no backward layers; variant paper with its"
              + " z_activation computes the same,",
          BIDIRECTIONAL);
    }
    return new BidirectionalQrnn(kernels, config, directory.weights());
  }

  private static boolean bidirectional(Settings settings) {
    return settings.has(BIDIRECTIONAL) && settings.flag(BIDIRECTIONAL);
  }

  /** What the model of a directory costs and sees. */
  public static Description describe(ModelDirectory directory, Kernels kernels, int length) {
    QrnnConfig c = QrnnConfig.of(directory.config());
    BidirectionalQrnn both = windows(directory, kernels);
    if (both != null) {
      int window = Math.max(1, length);
      return Description.windowed(both, 2 * c.numLayers(), window, window * both.multiplyAdds());
    }
    Qrnn qrnn = new Qrnn(kernels, c, directory.weights());
    return Description.recurrent(qrnn, c.numLayers(), length, qrnn.multiplyAdds());
  }
}
