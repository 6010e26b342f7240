package dev.riffle.kernels.cpu;

import static dev.riffle.kernels.TestValues.random;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.riffle.kernels.Activation;
import dev.riffle.kernels.AttentionSets;
import dev.riffle.kernels.Backends;
import dev.riffle.kernels.Constants.Linear;
import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.KernelsContract;
import dev.riffle.kernels.NormWeights;
import dev.riffle.kernels.PackedSequences;
import dev.riffle.kernels.PositionNorm;
import dev.riffle.kernels.Positions;
import dev.riffle.kernels.QueryKeyValue;
import dev.riffle.kernels.Shuffle;
import dev.riffle.kernels.Strided;
import dev.riffle.kernels.SwitchUnitWeights;
import dev.riffle.kernels.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What every backend promises, with three threads; and their number changes no bit. */
final class CpuThreadsTest extends KernelsContract {

  /** An operation on a large tensor. */
  private record Large(String name, int size, Work work) {
    @Override
    public String toString() {
      return name;
    }
  }

  @FunctionalInterface
  private interface Work {
    void run(Kernels k, Tensor y);
  }

  @Override
  protected Kernels kernels() {
    return CpuProvider.vector(3);
  }

  private static final int ROWS = 4099; // not a multiple of anything
  private static final int WIDTH = 104; // full vectors and a rest
  private static final int[] STARTS = {0, 1, 1, 1500, ROWS};

  static Stream<Large> operations() {
    int size = ROWS * WIDTH;
    List<Large> operations = new ArrayList<>();
    operations.add(
        new Large(
            "linear",
            ROWS * 200,
            (k, y) -> {
              Linear w = k.linear(random(1, 200 * WIDTH), random(2, 200), 200, WIDTH);
              k.linear(w, k.constant(random(3, size)), y, ROWS);
            }));
    operations.add(
        new Large(
            "convolve",
            2040 * 200,
            (k, y) -> {
              Linear w = k.linear(random(1, 200 * WIDTH), random(2, 200), 200, WIDTH);
              k.convolve(w, k.constant(random(3, size)), WIDTH / 2, y, 2040);
            }));
    for (Activation f : Activation.values()) {
      operations.add(
          new Large(f + "", size, (k, y) -> k.activate(f, k.constant(random(1, size)), y, size)));
    }
    operations.add(
        new Large(
            "normalize",
            size,
            (k, y) -> {
              Tensor w = k.constant(random(1, WIDTH));
              Tensor x = k.constant(random(3, size));
              k.layerNorm(
                  new NormWeights(w, k.constant(random(2, WIDTH)), 1e-5), x, y, ROWS, WIDTH);
            }));
    operations.add(
        new Large(
            "positionNorm",
            size,
            (k, y) -> {
              Tensor offset = k.constant(random(1, WIDTH));
              Tensor x = k.constant(random(3, size));
              Activation f = Activation.GELU_QUICK;
              k.positionNorm(
                  new PositionNorm(offset, 1e-10, f), x, y, new PackedSequences(STARTS, 4), WIDTH);
            }));
    for (Shuffle shuffle : Shuffle.values()) {
      operations.add(
          new Large(
              "residual " + shuffle,
              4096 * WIDTH,
              (k, y) -> {
                Tensor scale = k.constant(random(1, 2 * WIDTH));
                Tensor x = k.constant(random(2, 4096 * WIDTH));
                Tensor c = k.constant(random(3, 4096 * WIDTH));
                k.residual(scale, x, c, y, new Positions(2, 2048, shuffle), WIDTH);
              }));
    }
    operations.add(
        new Large(
            "switchUnit",
            2 * 4096 * 24,
            (k, y) -> {
              Linear expand = k.linear(random(1, 48 * 96), null, 96, 48);
              Linear contract = k.linear(random(2, 48 * 96), random(3, 48), 48, 96);
              k.switchUnit(
                  new SwitchUnitWeights(
                      expand,
                      new PositionNorm(k.constant(random(4, 96)), 1e-10, Activation.GELU_QUICK),
                      contract,
                      k.constant(random(5, 48))),
                  k.constant(random(6, 2 * 4096 * 24)),
                  k.allocate(2 * 2048 * 96),
                  k::allocate,
                  y,
                  new Positions(2, 4096, Shuffle.LEFT));
            }));
    operations.add(
        new Large(
            "rollAdd",
            size,
            (k, y) -> {
              k.write(random(1, size), 0, y, 0, size);
              k.rollAdd(
                  k.constant(random(2, size)),
                  new PackedSequences(STARTS, 4),
                  y,
                  new PackedSequences(STARTS, 4),
                  WIDTH,
                  8);
            }));
    operations.add(new Large("attend", 512 * 64, (k, y) -> attend(k, 0, y)));
    operations.add(
        new Large("attend, queries in several windows", 512 * 64, (k, y) -> attend(k, 8, y)));
    operations.add(
        new Large(
            "inTiles",
            size,
            (k, y) -> {
              Linear w = k.linear(random(1, 40 * WIDTH), null, 40, WIDTH);
              Linear back = k.linear(random(2, 40 * WIDTH), null, WIDTH, 40);
              Tensor x = k.constant(random(3, size));
              k.inTiles(
                  ROWS,
                  40,
                  (first, rows, work) -> {
                    k.linear(w, x.view(first * WIDTH, rows * WIDTH), work, rows);
                    k.linear(back, work, y.view(first * WIDTH, rows * WIDTH), rows);
                  });
            }));
    return operations.stream();
  }

  /** Windows of 64 queries and 128 keys, in step; each has {@code shared} queries of the next. */
  private static void attend(Kernels k, int shared, Tensor y) {
    int step = 64 - shared;
    int count = (512 - 128) / step;
    int[] queries = IntStream.range(0, count * 64).map(i -> i / 64 * step + i % 64).toArray();
    int[] queryStarts = IntStream.rangeClosed(0, count).map(w -> 64 * w).toArray();
    int[] keys = IntStream.range(0, count * 128).map(i -> i / 128 * step + i % 128).toArray();
    int[] keyStarts = IntStream.rangeClosed(0, count).map(w -> 128 * w).toArray();
    int[] times = IntStream.range(0, 512).toArray();
    AttentionSets windows =
        new AttentionSets(queries, queryStarts, keys, keyStarts, times, times, Double.NaN, 0);
    Tensor x = k.constant(random(1, 512 * 64));
    k.attend(
        windows,
        0.125,
        new QueryKeyValue(x, x, k.constant(random(2, 512 * 64)), 64),
        new Strided(y, 64),
        512,
        64);
  }

  @ParameterizedTest
  @MethodSource("operations")
  void theNumberOfThreadsChangesNoBit(Large operation) {
    for (IntFunction<Kernels> engine :
        List.<IntFunction<Kernels>>of(CpuProvider::vector, CpuProvider::fallback)) {
      float[] alone = run(engine.apply(1), operation);
      assertThat(alone).isNotEqualTo(new float[operation.size]);
      for (int threads : new int[] {2, 3, 5}) {
        Kernels kernels = engine.apply(threads);
        for (int i = 0; i < 5; i++) { // who takes which part is another matter each time
          assertThat(run(kernels, operation)).isEqualTo(alone);
        }
      }
    }
  }

  @Test
  void callersWhoShareTheThreadsGetTheirOwnAnswers() throws Exception {
    Kernels kernels = kernels();
    List<Large> operations = operations().toList();
    List<float[]> alone = operations.stream().map(v -> run(CpuProvider.vector(1), v)).toList();
    ExecutorService callers = Executors.newFixedThreadPool(4);
    try {
      List<Future<?>> done = new ArrayList<>();
      for (int c = 0; c < 4; c++) {
        int first = c;
        done.add(
            callers.submit(
                () -> {
                  for (int i = 0; i < operations.size(); i++) {
                    int v = (first + i) % operations.size();
                    assertThat(run(kernels, operations.get(v))).isEqualTo(alone.get(v));
                  }
                }));
      }
      for (Future<?> one : done) {
        one.get();
      }
    } finally {
      callers.shutdown();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 127, 128, 129, 5000})
  void tilesCoverEachRowOnce(int rows) {
    for (Kernels k : List.of(kernels(), Backends.find("reference"))) {
      AtomicIntegerArray seen = new AtomicIntegerArray(rows);
      k.inTiles(
          rows,
          3,
          (first, n, work) -> {
            assertThat(work.size()).isGreaterThanOrEqualTo(3 * n);
            for (int r = first; r < first + n; r++) {
              seen.incrementAndGet(r);
            }
          });
      for (int r = 0; r < rows; r++) {
        assertThat(seen.get(r)).isEqualTo(1);
      }
    }
  }

  @Test
  void fewerTilesThanThreadsAreDoneByWhoeverComesFirst() {
    Kernels k = CpuProvider.vector(5);
    for (int i = 0; i < 500; i++) {
      AtomicInteger tiles = new AtomicInteger();
      k.inTiles(129, 3, (first, n, work) -> tiles.incrementAndGet());
      assertThat(tiles).hasValue(2);
    }
  }

  @Test
  void whatATileThrowsReachesTheCallerAndTheThreadsGoOn() {
    Kernels k = kernels();
    for (int i = 0; i < 20; i++) {
      assertThatThrownBy(
              () ->
                  k.inTiles(
                      5000,
                      1,
                      (first, n, work) -> {
                        if (first >= 2000) {
                          throw new IllegalStateException("tile from " + first);
                        }
                      }))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("tile from ");
    }
    tilesCoverEachRowOnce(5000);
  }

  @Test
  @ResourceLock("system properties")
  void theNumberOfThreadsIsAskedForByAProperty() {
    CpuProvider provider = new CpuProvider();
    try {
      System.setProperty(CpuProvider.THREADS, "2");
      assertThat(provider.unavailable()).isEmpty();
      assertThat(provider.create().description()).endsWith(", 2 threads");
      for (String wrong : new String[] {"0", "-1", "two", "", "2000"}) {
        System.setProperty(CpuProvider.THREADS, wrong);
        assertThat(provider.unavailable()).get().asString().contains("'" + wrong + "'", "1 to");
      }
    } finally {
      System.clearProperty(CpuProvider.THREADS);
    }
  }

  private static float[] run(Kernels k, Large operation) {
    Tensor y = k.allocate(operation.size);
    operation.work.run(k, y);
    float[] values = new float[operation.size];
    k.read(y, 0, values, 0, values.length);
    return values;
  }
}
