package dev.riffle.models.lru;

import dev.riffle.models.weights.SafetensorsWriter;
import java.util.Arrays;
import java.util.Random;

/**
 * Weights before training, as the reference draws them: lambda uniformly on a ring of the complex
 * plane (Orvieto et al. 2023, section 3.2.2 and lemma 3.2), dense layers as flax does. Sizes and
 * speed of an untrained model are those of a trained one.
 */
public final class LruInit {
  private final Random random;
  private final SafetensorsWriter file = new SafetensorsWriter();

  private LruInit(long seed) {
    this.random = new Random(seed);
  }

  /**
   * Draws all weights of a model, under their flax paths; the same seed gives the same weights.
   *
   * @param rMin least |lambda|, 0 in the reference's defaults
   * @param rMax largest |lambda|, 1 in the reference's defaults
   * @param maxPhase largest phase, 6.28 in the reference's defaults
   */
  public static SafetensorsWriter draw(
      LruConfig config, double rMin, double rMax, double maxPhase, long seed) {
    LruInit init = new LruInit(seed);
    init.dense("params/encoder/encoder/", config.dInput(), config.dModel());
    for (int i = 0; i < config.layers(); i++) {
      init.layer("encoder/layers_" + i + "/", config, rMin, rMax, maxPhase);
    }
    init.dense("params/decoder/", config.dModel(), config.dOutput() * config.multidim());
    return init.file;
  }

  private void layer(String name, LruConfig config, double rMin, double rMax, double maxPhase) {
    int d = config.dModel();
    int n = config.dHidden();
    float[] nu = new float[n];
    float[] theta = new float[n];
    float[] gamma = new float[n];
    for (int j = 0; j < n; j++) {
      // |lambda|^2 = u (r_max^2 - r_min^2) + r_min^2; nu = -log |lambda|; gamma = sqrt(1 -
      // |lambda|^2)
      double square = random.nextDouble() * (rMax * rMax - rMin * rMin) + rMin * rMin;
      nu[j] = (float) Math.log(-0.5 * Math.log(square));
      theta[j] = (float) Math.log(maxPhase * random.nextDouble());
      gamma[j] = (float) Math.log(Math.sqrt(1 - square));
    }
    String params = "params/" + name;
    file.add(params + "seq/nu_log", nu, n)
        .add(params + "seq/theta_log", theta, n)
        .add(params + "seq/gamma_log", gamma, n)
        .add(params + "seq/B_re", normal(n * d, Math.sqrt(0.5 / d)), n, d)
        .add(params + "seq/B_im", normal(n * d, Math.sqrt(0.5 / d)), n, d)
        .add(params + "seq/C_re", normal(d * n, Math.sqrt(1.0 / n)), d, n)
        .add(params + "seq/C_im", normal(d * n, Math.sqrt(1.0 / n)), d, n)
        .add(params + "seq/D", normal(d, 1), d);
    dense(params + "out1/", d, d);
    dense(params + "out2/", d, d);
    file.add(params + "normalization/scale", filled(d, 1), d)
        .add(params + "normalization/bias", filled(d, 0), d);
    if (!config.norm().equals("layer")) {
      file.add("batch_stats/" + name + "normalization/mean", filled(d, 0), d)
          .add("batch_stats/" + name + "normalization/var", filled(d, 1), d);
    }
  }

  private void dense(String name, int inputs, int outputs) {
    file.add(name + "kernel", normal(inputs * outputs, Math.sqrt(1.0 / inputs)), inputs, outputs)
        .add(name + "bias", filled(outputs, 0), outputs);
  }

  private float[] normal(int count, double deviation) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) (random.nextGaussian() * deviation);
    }
    return values;
  }

  private static float[] filled(int count, float value) {
    float[] values = new float[count];
    Arrays.fill(values, value);
    return values;
  }
}
