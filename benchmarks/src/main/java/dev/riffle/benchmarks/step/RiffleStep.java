package dev.riffle.benchmarks.step;

import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.PackedSequences;
import dev.riffle.kernels.Tensor;
import dev.riffle.models.Block;
import dev.riffle.models.PredictAt;
import dev.riffle.models.RecurrentState;
import dev.riffle.models.Scratch;
import dev.riffle.models.lru.Lru;
import dev.riffle.models.lru.LruConfig;
import dev.riffle.models.weights.Safetensors;
import dev.riffle.models.weights.Weights;
import java.nio.file.Path;
import java.util.Arrays;

/** {@link Lru#advance} on one backend, called as an operator calls it. */
final class RiffleStep implements LruStep {
  private final Kernels kernels;
  private final Lru model;
  private final RecurrentState state;
  private final Scratch work;
  private final Block block;
  private final Tensor y;

  RiffleStep(Kernels kernels, LruConfig config, Path weights, int keys) {
    this.kernels = kernels;
    this.model = new Lru(kernels, config, Weights.of(Safetensors.read(weights)));
    this.state = new RecurrentState(model, keys);
    this.work = new Scratch(kernels);
    int[] starts = new int[keys + 1];
    Arrays.setAll(starts, b -> b);
    this.block =
        new Block(kernels.allocate(keys * model.inputs()), new PackedSequences(starts, keys));
    this.y = kernels.allocate(keys * model.outputs());
  }

  @Override
  public void advance(float[] x, float[] answers) {
    kernels.write(x, 0, block.x(), 0, x.length);
    model.advance(block, state, PredictAt.EVERY_STEP, y, work);
    kernels.read(y, 0, answers, 0, answers.length);
  }

  @Override
  public float[] state(int layer) {
    Tensor part = state.part(layer);
    float[] values = new float[part.size()];
    kernels.read(part, 0, values, 0, values.length);
    return values;
  }

  @Override
  public void close() {
    // memory is released when the JVM ends
  }
}
