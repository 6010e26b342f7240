package dev.riffle.kernels.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.riffle.kernels.Activation;
import dev.riffle.kernels.Backends;
import dev.riffle.kernels.Device;
import dev.riffle.kernels.DeviceException;
import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.Tensor;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The backend as programs find it, each in a JVM of its own. */
class CudaProviderTest {

  @BeforeAll
  static void needsTheEmulator() {
    assumeFalse(Emulator.onRealGpu(), "These machines are made up by the emulator.");
    Emulator.require();
  }

  /** Finds the backend as a program would, and uses it; then once more. */
  static final class Use {
    public static void main(String[] args) {
      for (int i = 0; i < 2; i++) {
        try {
          Kernels k = Backends.find("cuda");
          System.out.println(k.description());
          float[] back = new float[2];
          Device.call(
              k,
              () -> {
                Tensor x = k.constant(new double[] {-1, 2});
                k.activate(Activation.RELU, x, x, 2);
                k.read(x, 0, back, 0, 2);
                return null;
              });
          System.out.println(Arrays.toString(back));
        } catch (IllegalStateException | DeviceException e) {
          System.out.println(e);
        }
      }
    }
  }

  private static String use(Map<String, String> environment, String... options) throws IOException {
    Emulator.Run run = Emulator.java(environment, List.of(options), List.of(), Use.class);
    assertThat(run.status()).as(run.output()).isZero();
    return run.output();
  }

  @Test
  void itIsFoundByItsNameAndComputesOnItsOwnThread() throws IOException {
    assertThat(use(Map.of()))
        .isEqualTo(
            """
            cuda: emulator 0, compute capability 8.6
            [0.0, 2.0]
            cuda: emulator 0, compute capability 8.6
            [0.0, 2.0]
            """);
    assertThat(use(Map.of(), "-D" + CudaOptions.PRECISION + "=tf32")).contains("TF32");
  }

  @Test
  void whereItCannotWorkItSaysWhy() throws IOException {
    assertThat(use(Map.of("EMULATOR_GPUS", "0")))
        .contains("IllegalStateException: Backend 'cuda' cannot run here: there is no GPU");
  }

  @Test
  void afterItsCardHasFailedItComesBackOnlyInANewProcess() throws IOException {
    assertThat(use(Map.of("EMULATOR_FAIL", "cuLaunchKernel:1:700")))
        .contains("DeviceException: CUDA failed in cuLaunchKernel: CUDA_ERROR_ILLEGAL_ADDRESS")
        .contains("since the GPU was last waited for: activate")
        .contains("DeviceException: Backend 'cuda' cannot run here: its GPU has failed")
        .contains("only in a new process", "Restart this JVM; on a cluster, the TaskManager.");
  }

  @Test
  void aCeilingThatIsTooLowIsReportedAndMayBeAskedAgain() throws IOException {
    assertThat(use(Map.of("EMULATOR_FAIL", "cuMemHostAlloc:1:2")))
        .contains("OutOfMemory: CUDA failed in cuMemHostAlloc: CUDA_ERROR_OUT_OF_MEMORY")
        .endsWith("[0.0, 2.0]\n");
  }
}
