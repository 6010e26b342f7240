package dev.riffle.models.lru;

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

/** The family {@code lru}: linear recurrent units, step by step. */
public final class LruFamily extends NetworkFamily {
  /** Creates the family; {@link Families} discovers it. */
  public LruFamily() {
    super("lru");
  }

  @Override
  public Form form(Settings config) {
    return Form.STEPS;
  }

  @Override
  public LoadedModel<PredictionValues> load(ModelDirectory directory, Kernels kernels) {
    return steps(directory, model(directory, kernels));
  }

  /** Describes a model that predicts after each step. */
  @Override
  public Description describe(ModelDirectory directory, Kernels kernels, int length) {
    Lru lru = model(directory, kernels);
    return Description.recurrent(lru, lru.config().layers(), length, lru.multiplyAdds());
  }

  private static Lru model(ModelDirectory directory, Kernels kernels) {
    return new Lru(kernels, LruConfig.of(directory.config()), directory.weights());
  }

  @Override
  public void check(GoldenCase golden, Kernels kernels, GoldenReport report) {
    LruGolden.check(golden, kernels, report);
  }
}
