package dev.riffle.kernels.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.riffle.kernels.DeviceException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PoolTest {

  /** A GPU that counts. */
  private static final class Counting implements Pool.Source {
    private final Set<Long> out = new HashSet<>();
    private long next = 1 << 20;
    private long takes;
    private boolean full;

    @Override
    public long take(long bytes) {
      if (full) {
        return 0;
      }
      takes++;
      out.add(next += 1 << 20);
      return next;
    }

    @Override
    public void give(List<Long> addresses) {
      addresses.forEach(a -> assertThat(out.remove(a)).as("given back once").isTrue());
    }

    @Override
    public long free() {
      return 77;
    }
  }

  private final Counting gpu = new Counting();
  private final Pool pool = new Pool(gpu, 10_000, "a test", false);

  @Test
  void sizesAreFourToAnOctaveAndNeverLess() {
    assertThat(new long[] {1, 512, 513, 640, 641, 1024, 1025, 1280, 1281, 4096})
        .satisfies(
            asked -> {
              long[] expected = {512, 512, 640, 640, 768, 1024, 1280, 1280, 1536, 4096};
              for (int i = 0; i < asked.length; i++) {
                assertThat(Pool.size(asked[i])).isEqualTo(expected[i]);
              }
            });
    for (long bytes = 1; bytes < 1L << 40; bytes = bytes * 3 / 2 + 1) {
      assertThat(Pool.size(bytes)).isBetween(bytes, Math.max(512, bytes * 5 / 4 + 1));
      assertThat(Pool.size(Pool.size(bytes))).isEqualTo(Pool.size(bytes));
    }
  }

  @Test
  void whatComesBackIsTakenAgain() {
    long address;
    try (Memory first = pool.allocate(1000)) {
      address = first.address();
      assertThat(first.bytes()).isEqualTo(1000);
    }
    assertThat(pool.used()).isZero();
    assertThat(pool.cached()).isEqualTo(1024);
    assertThat(pool.allocate(900).address()).isEqualTo(address);
    assertThat(gpu.takes).isEqualTo(1);
  }

  @Test
  void closingTwiceIsClosingOnce() {
    Memory memory = pool.allocate(512);
    memory.close();
    memory.close();
    assertThat(pool.cached()).isEqualTo(512);
    assertThatThrownBy(memory::address)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("512 bytes on the GPU was closed");
  }

  @Test
  void atTheCeilingWhatWaitsGoesBackToTheCard() {
    pool.allocate(6144).close();
    try (Memory other = pool.allocate(7168)) {
      assertThat(other.bytes()).isEqualTo(7168);
      assertThat(gpu.out).hasSize(1);
    }
  }

  @Test
  void beyondTheCeilingItIsReportedWhatWasAskedAndWhatThereIs() {
    try (Memory held = pool.allocate(8192)) {
      assertThatThrownBy(() -> pool.allocate(4000))
          .isInstanceOf(DeviceException.OutOfMemory.class)
          .hasMessageContainingAll(
              "no memory for 4000 bytes", held.bytes() + " are in use", "the ceiling is 10000")
          .hasMessageContainingAll("(a test)", "77 free", CudaOptions.MEMORY, "nvidia-smi");
    }
    assertThat(pool.allocate(4000).bytes()).as("and the pool goes on").isEqualTo(4000);
  }

  @Test
  void aCardThatIsFullIsReportedLikeTheCeiling() {
    gpu.full = true;
    assertThatThrownBy(() -> pool.allocate(1)).isInstanceOf(DeviceException.OutOfMemory.class);
  }

  @Test
  void whatNobodyHoldsAnyMoreComesBackWhenItIsNeeded() {
    for (int i = 0; i < 100; i++) {
      assertThat(pool.allocate(4096).bytes()).isEqualTo(4096); // dropped at once
    }
    assertThat(gpu.out).hasSizeLessThanOrEqualTo(2);
  }

  @Test
  void anExactPoolRoundsNothingAndKeepsNothing() {
    Pool exact = new Pool(gpu, 10_000, "a test", true);
    try (Memory memory = exact.allocate(1001)) {
      assertThat(memory.bytes()).isEqualTo(1001);
      assertThat(exact.used()).isEqualTo(1001);
    }
    assertThat(gpu.out).isEmpty();
  }
}
