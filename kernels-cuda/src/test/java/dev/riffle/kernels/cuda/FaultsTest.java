package dev.riffle.kernels.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.riffle.kernels.DeviceException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * A GPU that fails, in a separate JVM each time: which message it throws, and whether it can still
 * be used.
 */
class FaultsTest {

  @BeforeAll
  static void needsTheEmulator() {
    assumeFalse(Emulator.onRealGpu(), "Faults are tested on the emulator only.");
    Emulator.require();
  }

  /** Runs the fault of the system property {@code fault} and prints the results. */
  static final class Break {
    private static final Gpu GPU =
        Gpu.open(CudaOptions.ofSystem(), List.of(Probe.SOURCE), List.of());

    public static void main(String[] args) {
      String fault = System.getProperty("fault");
      Memory y = GPU.allocate(4 * 64);
      GPU.fill(y.address(), 0, 64);
      scale(y);
      switch (fault) {
        case "beyond" -> {
          step(fault, () -> GPU.kernel("beyond").arg(y.address()).arg(1024).launch(1, 1, 1, 0));
          scale(y);
        }
        case "slack" -> {
          Memory odd = GPU.allocate(4 * 63);
          step(fault, () -> GPU.kernel("beyond").arg(odd.address()).arg(63).launch(1, 1, 1, 0));
          step("close", odd::close);
        }
        case "shared" ->
            step(
                fault,
                () ->
                    GPU.kernel("reverse")
                        .arg(y.address())
                        .arg(y.address())
                        .launch(1, 1, 64, 4 * 63));
        case "racing" -> racing();
        case "bounds" ->
            step(fault, () -> GPU.kernel("block_sum").arg(0L).arg(0L).launch(1, 1, 512, 0));
        case "none" -> step("allocate", () -> GPU.allocate(4));
        default -> step(fault, () -> GPU.kernel(fault).launch(1, 1, 32, 0));
      }
      step("wait", GPU::synchronize);
      step("allocate", () -> GPU.allocate(4));
    }

    private static void scale(Memory y) {
      long at = y.address();
      step("scale", () -> GPU.kernel("scale").arg(at).arg(at).arg(64).arg(1f).launch(2, 1, 32, 0));
    }

    private static void racing() {
      float[] values = new float[8 * 32];
      try (Memory out = GPU.allocate(4L * values.length)) {
        GPU.kernel("racing").arg(out.address()).launch(8, 1, 32, 4 * 32);
        GPU.download(out.address(), values, 0, values.length);
      }
      int wrong = 0;
      for (int i = 0; i < values.length; i++) {
        wrong += values[i] == 31 - i % 32 ? 0 : 1;
      }
      System.out.println(wrong > 0 ? "the race shows" : "the race does not show");
    }

    private static void step(String name, Runnable work) {
      try {
        work.run();
        System.out.println(name + " returns");
      } catch (DeviceException e) {
        System.out.println(name + " throws " + e);
      }
    }
  }

  private static String broken(String fault, Map<String, String> environment, String... options)
      throws IOException {
    List<String> all = new ArrayList<>(List.of(options));
    all.add("-Dfault=" + fault);
    Emulator.Run run = Emulator.java(environment, all, List.of(), Break.class);
    assertThat(run.status()).as(run.output()).isZero();
    return run.output();
  }

  @Test
  void aFaultIsReportedAtTheNextWaitForTheGpuAndStays() throws IOException {
    assertThat(broken("beyond", Map.of()))
        .contains("beyond returns", "scale returns")
        .contains("wait throws dev.riffle.kernels.DeviceException: CUDA failed in cuStreamSynch")
        .contains(
            "CUDA_ERROR_ILLEGAL_ADDRESS (700",
            "since the GPU was last waited for: scale, beyond, scale")
        .contains("-D" + CudaOptions.DEBUG + "=true", "the backend 'cpu'")
        .contains("kernel 'beyond', block (0, 0) of (1, 1): touched address")
        .contains("allocate throws dev.riffle.kernels.DeviceException");
  }

  @Test
  void withDebugTheLaunchReportsTheFault() throws IOException {
    assertThat(broken("beyond", Map.of(), "-D" + CudaOptions.DEBUG + "=true"))
        .contains("scale returns\n", "beyond throws")
        .contains("since the GPU was last waited for: beyond.");
  }

  @Test
  void aWriteIntoWhatRoundsABlockUpIsSeenWhenItIsFreed() throws IOException {
    assertThat(broken("slack", Map.of(), "-D" + CudaOptions.DEBUG + "=true"))
        .contains("slack returns", "close throws")
        .contains("wrote beyond a block of 252 bytes");
  }

  @Test
  void aWriteBeyondSharedMemoryIsSeen() throws IOException {
    assertThat(broken("shared", Map.of()))
        .contains("wait throws", "beyond its 252 bytes of dynamic shared memory");
  }

  @Test
  void aBarrierThatNotAllReachIsSeen() throws IOException {
    assertThat(broken("no_meeting", Map.of()))
        .contains("wait throws", "CUDA_ERROR_LAUNCH_FAILED (719")
        .contains("16 of 32 at __syncthreads", "16 threads have ended");
  }

  @Test
  void barriersInTwoPlacesAreSeen() throws IOException {
    assertThat(broken("two_meetings", Map.of()))
        .contains("wait throws", "__syncthreads in lines", "at once");
  }

  @Test
  void aBlockBeyondItsKernelsBoundsIsRefused() throws IOException {
    assertThat(broken("bounds", Map.of()))
        .contains("bounds throws", "cuLaunchKernel: CUDA_ERROR_INVALID_VALUE (1")
        .contains("report it with this message", "wait returns");
  }

  @Test
  void aBarrierThatIsMissingIsSeen() throws IOException {
    assertThat(broken("racing", Map.of())).contains("the race shows");
  }

  @Test
  void aCallThatFailsIsReportedByItsName() throws IOException {
    assertThat(broken("none", Map.of("EMULATOR_FAIL", "cuLaunchKernel:1:719")))
        .contains("scale throws", "CUDA failed in cuLaunchKernel: CUDA_ERROR_LAUNCH_FAILED (719");
  }

  @Test
  void aGpuWithoutMemoryRemainsUsable() throws IOException {
    // the second block is refused at first and again after all that can be given back was
    assertThat(
            broken("none", Map.of("EMULATOR_MEMORY", "60000"), "-D" + CudaOptions.MEMORY + "=64k"))
        .contains("allocate returns");
    assertThat(
            broken(
                "none",
                Map.of(
                    "EMULATOR_FAIL",
                    "cuMemAlloc:2:2,cuMemAlloc:3:2,cuMemAlloc:4:2,cuMemAlloc:5:2")))
        .contains("scale returns")
        .contains("allocate throws dev.riffle.kernels.DeviceException$OutOfMemory: The GPU has no")
        .endsWith("wait returns\nallocate returns\n");
  }
}
