package dev.riffle.benchmarks.device;

import dev.riffle.benchmarks.step.LruStep;
import dev.riffle.benchmarks.support.Checkout;
import dev.riffle.benchmarks.support.Floats;
import dev.riffle.kernels.Backends;
import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.PackedSequences;
import dev.riffle.kernels.Tensor;
import dev.riffle.models.Block;
import dev.riffle.models.PredictAt;
import dev.riffle.models.RecurrentState;
import dev.riffle.models.Scratch;
import dev.riffle.models.lru.Lru;
import dev.riffle.models.weights.Safetensors;
import dev.riffle.models.weights.Weights;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/** One event of each key through an LRU of 4 layers, d = 128, states staying where they are. */
record StepOnDevice(int keys, Path weights, Path input, float[] x) implements DeviceCase {
  private static final int WIDTH = 128;
  private static final int COMPARED = 256; // keys whose answers are computed by cpu, too

  static StepOnDevice of(int keys) throws IOException {
    float[] x = new float[keys * LruStep.INPUTS];
    Random random = new Random(7);
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) random.nextGaussian();
    }
    Path input = Checkout.target("lru-" + keys + ".f32");
    Floats.write(input, x);
    return new StepOnDevice(keys, LruStep.weights(WIDTH), input, x);
  }

  static List<Integer> sizes(boolean small) {
    return small ? List.of(3, 5) : List.of(1024, 65536);
  }

  @Override
  public String name() {
    return "LRU step";
  }

  @Override
  public int batch() {
    return keys;
  }

  @Override
  public String kind() {
    return "lru";
  }

  @Override
  public int length() {
    return 1;
  }

  @Override
  public int outputs() {
    return keys * LruStep.OUTPUTS;
  }

  /** B, C and both halves of the gated unit of each layer, encoder and decoder. */
  @Override
  public double operations() {
    double layer = 2.0 * WIDTH * WIDTH + 2.0 * WIDTH * WIDTH + 2.0 * WIDTH * WIDTH;
    double ends = WIDTH * (LruStep.INPUTS + LruStep.OUTPUTS);
    return 2.0 * keys * (LruStep.LAYERS * layer + ends);
  }

  /** Each state read and written, weights once, input and answer once. */
  @Override
  public double bytes() {
    double states = 2.0 * keys * LruStep.LAYERS * 2 * WIDTH;
    double weights = LruStep.LAYERS * 6.0 * WIDTH * WIDTH;
    return Float.BYTES * (states + weights + (double) keys * (LruStep.INPUTS + LruStep.OUTPUTS));
  }

  @Override
  public int runs() {
    return 20;
  }

  @Override
  public Iterable<Part> expected() {
    int some = Math.min(keys, COMPARED);
    float[] inputs = Arrays.copyOf(x, some * LruStep.INPUTS);
    StepOnDevice few = new StepOnDevice(some, weights, input, inputs);
    DeviceEngine cpu = few.on(Backends.find("cpu"));
    cpu.run(runs());
    return List.of(new Part(0, cpu.answer(0, few.outputs())));
  }

  @Override
  public DeviceEngine on(Kernels kernels) {
    return new BackendEngine(kernels, x, outputs(), () -> new Step(kernels, weights, keys));
  }

  private static final class Step implements BackendEngine.Model {
    private final Kernels kernels;
    private final Lru model;
    private final RecurrentState state;
    private final Scratch work;
    private final int[] starts;
    private final Tensor y;

    Step(Kernels kernels, Path weights, int keys) {
      this.kernels = kernels;
      model = new Lru(kernels, LruStep.config(WIDTH), Weights.of(Safetensors.read(weights)));
      state = new RecurrentState(model, keys);
      work = new Scratch(kernels);
      starts = IntStream.rangeClosed(0, keys).toArray();
      y = kernels.allocate(keys * LruStep.OUTPUTS);
    }

    @Override
    public Tensor run(Tensor x) {
      Block block = new Block(x, new PackedSequences(starts, starts.length - 1));
      model.advance(block, state, PredictAt.EVERY_STEP, y, work);
      return y;
    }

    @Override
    public void reset() {
      for (int layer = 0; layer < LruStep.LAYERS; layer++) {
        Tensor part = state.part(layer);
        kernels.fill(part, 0, part.size(), 0);
      }
    }
  }
}
