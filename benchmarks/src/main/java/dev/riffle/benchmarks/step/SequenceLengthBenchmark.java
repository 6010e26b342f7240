package dev.riffle.benchmarks.step;

import dev.riffle.benchmarks.support.Checkout;
import dev.riffle.kernels.Backends;
import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.PackedSequences;
import dev.riffle.kernels.Tensor;
import dev.riffle.models.Block;
import dev.riffle.models.PredictAt;
import dev.riffle.models.RecurrentState;
import dev.riffle.models.Scratch;
import dev.riffle.models.lru.Lru;
import dev.riffle.models.lru.LruConfig;
import dev.riffle.models.lru.LruInit;
import dev.riffle.models.weights.Safetensors;
import dev.riffle.models.weights.Weights;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/**
 * Time of one event after 1,000 and after 10,000,000 events, and the size of the state: one key of
 * an LRU with 4 layers of width 32 and mean pooling, advanced event by event. About a minute.
 */
@Command(
    name = "sequence-length",
    description = "One event after 1,000 to 10,000,000 events of a sequence: time and state size.")
public final class SequenceLengthBenchmark implements Callable<Integer> {
  private static final int WIDTH = 32;
  private static final long[] AT = {1_000, 10_000, 100_000, 1_000_000, 10_000_000};
  private static final int CHUNK = 100; // events
  private static final int ROUNDS = 2_001;

  private Kernels kernels;
  private Lru model;
  private Scratch work;
  private Tensor events; // [CHUNK, inputs]
  private Tensor y;

  private void prepare() throws IOException {
    kernels = Backends.find("cpu");
    work = new Scratch(kernels);
    y = kernels.allocate(2);
    LruConfig config =
        new LruConfig(8, WIDTH, WIDTH, 4, 2, 1, LruConfig.Pooling.MEAN, "layer", true);
    Path weights = Checkout.target("lru-length.safetensors");
    LruInit.draw(config, 0.5, 0.999, 6.28, 1919).write(weights);
    model = new Lru(kernels, config, Weights.of(Safetensors.read(weights)));
    Random random = new Random(1);
    double[] x = new double[CHUNK * model.inputs()];
    Arrays.setAll(x, i -> random.nextGaussian());
    events = kernels.constant(x);
  }

  @Override
  public Integer call() throws IOException {
    prepare();
    System.out.println(kernels.description());
    List<ByteBuffer> stored = new ArrayList<>();
    RecurrentState state = new RecurrentState(model, 1);
    for (long at : AT) {
      while (state.counts()[0] < at) {
        chunk(state);
      }
      stored.add(store(state));
    }
    // In turns, so that other load on the machine affects all lengths alike.
    double[][] nanos = new double[AT.length][ROUNDS]; // of an event
    for (int round = 0; round < ROUNDS; round++) {
      for (int i = 0; i < AT.length; i++) {
        state.load(List.of(stored.get(i).rewind()));
        long begin = System.nanoTime();
        chunk(state);
        nanos[i][round] = (System.nanoTime() - begin) / (double) CHUNK;
      }
    }
    System.out.println("    events so far    ns/event    state bytes");
    for (int i = 0; i < AT.length; i++) {
      Arrays.sort(nanos[i]);
      double median = nanos[i][ROUNDS / 2];
      System.out.printf("%,17d %,11.0f %,14d%n", AT[i], median, stored.get(i).limit());
    }
    return 0;
  }

  /** Advances by the same 100 events, one at a time. */
  private void chunk(RecurrentState state) {
    PackedSequences one = new PackedSequences(new int[] {0, 1}, 1);
    for (int t = 0; t < CHUNK; t++) {
      Tensor x = events.view(t * model.inputs(), model.inputs());
      model.advance(new Block(x, one), state, PredictAt.EVERY_STEP, y, work);
    }
  }

  /** The state of this key as a checkpoint stores it. */
  private static ByteBuffer store(RecurrentState state) {
    ByteBuffer bytes = ByteBuffer.allocate(1 << 16).order(ByteOrder.LITTLE_ENDIAN);
    state.store(List.of(bytes));
    return bytes.flip();
  }
}
