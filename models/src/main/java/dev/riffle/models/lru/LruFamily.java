package dev.riffle.models.lru;

import dev.riffle.kernels.Kernels;
import dev.riffle.models.Description;
import dev.riffle.models.PredictionValues;
import dev.riffle.models.RecurrentStreamModel;
import dev.riffle.models.StreamModel;
import dev.riffle.models.weights.ModelDirectory;

/** Loads and describes models of the family {@code lru}. */
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
    return new Lru(kernels, LruConfig.of(directory.config()), directory.weights());
  }
}
