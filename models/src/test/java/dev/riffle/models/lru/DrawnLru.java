package dev.riffle.models.lru;

import dev.riffle.kernels.Kernels;
import dev.riffle.models.weights.Safetensors;
import dev.riffle.models.weights.Weights;
import java.util.List;

/** Networks with random weights, for tests of properties. */
public final class DrawnLru {
  /** All read 3 values per step. */
  public static final List<LruConfig> CONFIGS =
      List.of(
          new LruConfig(3, 17, 9, 2, 5, 1, LruConfig.Pooling.MEAN, "batch", true),
          new LruConfig(3, 32, 16, 3, 4, 3, LruConfig.Pooling.LAST, "layer", false),
          new LruConfig(3, 8, 24, 1, 2, 1, LruConfig.Pooling.NONE, "layer", true));

  private DrawnLru() {}

  public static Lru draw(Kernels kernels, LruConfig config) {
    byte[] weights = LruInit.draw(config, 0.5, 0.99, 6.28, 5).toBytes();
    return new Lru(kernels, config, Weights.of(Safetensors.parse(weights, "drawn")));
  }
}
