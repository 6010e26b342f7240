package dev.riffle.models.rse;

import dev.riffle.models.Settings;
import dev.riffle.models.rse.NetworkVariant.Layer;
import dev.riffle.models.weights.SafetensorsWriter;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Random;
import java.util.Set;

/**
 * Weights before training, as the official code draws them: matrices uniformly (Glorot and Bengio
 * 2010), biases from 0 to 0.01, a residual of 0.9, norms that change nothing. Sizes and speed of an
 * untrained network are those of a trained one.
 */
public final class RseInit {
  private static final double RESIDUAL = 0.9;

  /** The factor that variant a learns, where the official one stays. */
  private static final double FACTOR = 0.25 * Math.sqrt(1 - RESIDUAL * RESIDUAL);

  private final Random random;
  private final int m;
  private final SafetensorsWriter file = new SafetensorsWriter();

  private RseInit(long seed, int m) {
    this.random = new Random(seed);
    this.m = m;
  }

  /**
   * Draws all weights of a bare network, under their names; the same seed gives the same weights.
   *
   * @param settings of variant tf, torch-a or torch-b, as {@link Rse#of} takes them
   * @throws dev.riffle.models.ModelException if a setting is missing or wrong
   */
  public static SafetensorsWriter draw(Settings settings, long seed) {
    RseConfig config = RseConfig.of(settings);
    int bits = Integer.SIZE - Integer.numberOfLeadingZeros(config.length() - 1);
    NetworkVariant variant = config.variant();
    Set<String> units = new LinkedHashSet<>();
    for (Layer layer :
        variant.layers(config.blocks(), config.tiedInner(), config.tiedOuter(), bits)) {
      units.add(variant.weightPrefix + layer.unit());
    }
    RseInit init = new RseInit(seed, config.units());
    for (String unit : units) {
      switch (variant) {
        case HEAVY, PLAIN -> init.official(unit);
        case TORCH_A -> init.torchA(unit);
        case TORCH_B -> init.torchB(unit);
      }
    }
    return init.file;
  }

  private void official(String unit) {
    file.add(unit + "cand1/c/CvK", matrix(), 2 * m, 4 * m)
        .add(unit + "norm/c/norm_bias/offset", new float[4 * m], 1, 1, 4 * m)
        .add(unit + "cand2/c/CvK", matrix(), 4 * m, 2 * m)
        .add(unit + "cand2/c/CvB", bias(), 2 * m)
        .add(unit + "residual", residual(2), 2 * m);
  }

  private void torchA(String unit) {
    file.add(unit + "unit.0.weight", matrix(), 4 * m, 2 * m)
        .add(unit + "unit.1.weight", filled(4 * m, 1), 4 * m)
        .add(unit + "unit.1.bias", new float[4 * m], 4 * m)
        .add(unit + "unit.3.weight", matrix(), 2 * m, 4 * m)
        .add(unit + "unit.3.bias", bias(), 2 * m)
        .add(unit + "s", residual(1), 2 * m)
        .add(unit + "h", filled(1, FACTOR), 1);
  }

  private void torchB(String unit) {
    file.add(unit + "unit.0.weight", matrix(), 4 * m, 2 * m)
        .add(unit + "unit.1.offset", new float[4 * m], 1, 1, 4 * m)
        .add(unit + "unit.3.weight", matrix(), 2 * m, 4 * m)
        .add(unit + "unit.3.bias", bias(), 2 * m)
        .add(unit + "s", residual(2), 2 * m);
  }

  /** Either matrix of a unit: 2m to 4m features, or back. */
  private float[] matrix() {
    double bound = Math.sqrt(6.0 / (2 * m + 4 * m));
    float[] values = new float[2 * m * 4 * m];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) ((2 * random.nextDouble() - 1) * bound);
    }
    return values;
  }

  private float[] bias() {
    float[] values = new float[2 * m];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (0.01 * random.nextDouble());
    }
    return values;
  }

  /** s with sigmoid(k s) = 0.9. */
  private float[] residual(int k) {
    return filled(2 * m, Math.log(RESIDUAL / (1 - RESIDUAL)) / k);
  }

  private static float[] filled(int count, double value) {
    float[] values = new float[count];
    Arrays.fill(values, (float) value);
    return values;
  }
}
