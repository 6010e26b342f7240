package dev.riffle.models.routing;

import dev.riffle.kernels.Kernels;
import dev.riffle.models.Description;
import dev.riffle.models.weights.ModelDirectory;

/** Loads and describes models of the family {@code routing-transformer}. */
public final class RoutingFamily {
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
}
