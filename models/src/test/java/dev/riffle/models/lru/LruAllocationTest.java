package dev.riffle.models.lru;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.PackedSequences;
import dev.riffle.kernels.Tensor;
import dev.riffle.kernels.cpu.CpuProvider;
import dev.riffle.models.Block;
import dev.riffle.models.PredictAt;
import dev.riffle.models.RecurrentState;
import dev.riffle.models.Scratch;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

/**
 * A compiled step of the vector engine allocates no vector objects. With them, each 16 values would
 * take 96 bytes, and a step of 64 keys hundreds of kilobytes.
 */
class LruAllocationTest {
  private static final int KEYS = 64;
  private static final int STEPS = 500;

  @Test
  void aCompiledStepAllocatesAlmostNothing() {
    assumeTrue(
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
            .noneMatch(a -> a.startsWith("-XX:TieredStopAtLevel") || a.equals("-Xint")),
        "The compiler that makes vectors of the Vector API is off.");
    Kernels kernels = CpuProvider.vector(1);
    LruConfig config = new LruConfig(3, 64, 64, 2, 2, 1, LruConfig.Pooling.NONE, "layer", true);
    Lru model = DrawnLru.draw(kernels, config);
    RecurrentState state = new RecurrentState(model, KEYS);
    Block block =
        new Block(kernels.allocate(KEYS * model.inputs()), PackedSequences.equal(KEYS, 1));
    Tensor y = kernels.allocate(KEYS * model.outputs());
    Scratch work = new Scratch(kernels);
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    Runnable step = () -> model.advance(block, state, PredictAt.EVERY_STEP, y, work);
    long bytes = Long.MAX_VALUE;
    for (int round = 0; round < 30; round++) {
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int t = 0; t < STEPS; t++) {
        first(step);
      }
      bytes = (threads.getCurrentThreadAllocatedBytes() - before) / STEPS;
    }

    assertThat(bytes).as("bytes that a step of %d keys allocates", KEYS).isLessThan(8192);
  }

  // A step is deep in the calls of an operator, and the compiler inlines 15 calls at most.

  private static void first(Runnable step) {
    second(step);
  }

  private static void second(Runnable step) {
    third(step);
  }

  private static void third(Runnable step) {
    fourth(step);
  }

  private static void fourth(Runnable step) {
    step.run();
  }
}
