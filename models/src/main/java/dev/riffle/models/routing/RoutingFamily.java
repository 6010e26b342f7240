package dev.riffle.models.routing;

import dev.riffle.kernels.Kernels;
import dev.riffle.models.Description;
import dev.riffle.models.PredictionValues;
import dev.riffle.models.families.Families;
import dev.riffle.models.families.LoadedModel;
import dev.riffle.models.families.NetworkFamily;
import dev.riffle.models.golden.GoldenCase;
import dev.riffle.models.golden.GoldenReport;
import dev.riffle.models.weights.ModelDirectory;

/** The family {@code routing-transformer}: transformers with routed attention, over windows. */
public final class RoutingFamily extends NetworkFamily {
  /** Creates the family; {@link Families} discovers it. */
  public RoutingFamily() {
    super("routing-transformer");
  }

  @Override
  public LoadedModel<PredictionValues> load(ModelDirectory directory, Kernels kernels) {
    return new LoadedModel.Windows<>(model(directory, kernels.forWindows()));
  }

  /** The network of a directory. */
  static RoutingTransformer model(ModelDirectory directory, Kernels kernels) {
    return new RoutingTransformer(kernels, directory.config(), directory.weights());
  }

  @Override
  public Description describe(ModelDirectory directory, Kernels kernels, int length) {
    return model(directory, kernels).describe(length);
  }

  @Override
  public void check(GoldenCase golden, Kernels kernels, GoldenReport report) {
    RoutingGolden.check(golden, kernels, report);
  }
}
