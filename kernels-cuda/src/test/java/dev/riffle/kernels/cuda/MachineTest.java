package dev.riffle.kernels.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What machines of all kinds are told, each in a JVM of its own. */
class MachineTest {

  @BeforeAll
  static void needsTheEmulator() {
    assumeFalse(Emulator.onRealGpu(), "These machines are made up by the emulator.");
    Emulator.require();
  }

  /** Prints what is found. */
  static final class Print {
    public static void main(String[] args) {
      Machine machine = Machine.look();
      machine.gpus().forEach(System.out::println);
      System.out.println("driver " + Machine.version(machine.driver()));
      System.out.println("compiler " + Machine.version(machine.compiler()));
      for (Libraries.Found f : machine.libraries()) {
        System.out.println(f.library().file() + f.path().map(p -> " at " + p).orElse(" missing"));
      }
      System.out.println(machine.problem().orElse("no problem"));
    }
  }

  private static String report(Map<String, String> environment, String... options)
      throws IOException {
    Emulator.Run run = Emulator.java(environment, List.of(options), List.of(), Print.class);
    assertThat(run.status()).as(run.output()).isZero();
    return run.output();
  }

  @Test
  void aMachineThatHasAllIsShown() throws IOException {
    assertThat(report(Map.of("EMULATOR_GPUS", "2", "EMULATOR_CAPABILITY", "9.0")))
        .contains(
            "GpuInfo[name=emulator 0, capability=9.0, memory=4294967296]",
            "GpuInfo[name=emulator 1")
        .contains("driver 13.0", "compiler 13.0")
        .contains("libcuda.so.1 at /", "libnvrtc.so.13 at /", "libcublasLt.so.13 at /")
        .contains("no problem")
        .doesNotContain("missing");
  }

  @Test
  void withoutADriverItIsReported(@TempDir Path empty) throws IOException {
    String report = report(Map.of("LD_LIBRARY_PATH", empty.toString()));
    assumeFalse(report.contains("libcuda.so.1 at "), "This machine has a driver.");
    assertThat(report)
        .contains("libcuda.so.1 missing", "there is no NVIDIA driver (libcuda.so.1: cannot")
        .contains("cannot open shared object file", "580 or later", "--gpus all");
  }

  @Test
  void aDirectoryOfLibrariesMayBeNamed(@TempDir Path empty) throws IOException {
    String emulator = System.getenv("LD_LIBRARY_PATH");
    assertThat(
            report(
                Map.of("LD_LIBRARY_PATH", empty.toString()),
                "-D" + CudaOptions.LIBRARIES + "=" + empty + ":" + emulator))
        .contains("libcublasLt.so.13 at " + emulator, "no problem");
  }

  @Test
  void whatLibrariesLackIsReportedByTheLinkersWords(@TempDir Path folder) throws IOException {
    Files.writeString(folder.resolve("libnvrtc.so.13"), "no library");
    assertThat(
            report(Map.of(), "-D" + CudaOptions.LIBRARIES + "=" + folder)) // the next place has one
        .contains("no problem");
    String report = report(Map.of("LD_LIBRARY_PATH", folder.toString()));
    assumeFalse(report.contains("libnvrtc.so.13 at "), "This machine has another.");
    assertThat(report)
        .contains(
            "libnvrtc.so.13: file too short",
            "cuda-nvrtc-13-0",
            "nvidia-cuda-nvrtc, nvidia-cublas by pip")
        .contains("LD_LIBRARY_PATH or -D" + CudaOptions.LIBRARIES);
  }

  @Test
  void withoutACardItIsReported() throws IOException {
    assertThat(report(Map.of("EMULATOR_GPUS", "0")))
        .contains("driver 13.0")
        .contains("there is no GPU to be seen", "nvidia-smi", "CUDA_VISIBLE_DEVICES");
  }

  @Test
  void aCardThatIsNotThereIsReported() throws IOException {
    assertThat(report(Map.of(), "-D" + CudaOptions.DEVICE + "=3"))
        .contains("asks for GPU 3 but there are 1, counted from 0", "nvidia-smi -L");
  }

  @Test
  void anOldDriverIsReported() throws IOException {
    assertThat(report(Map.of("EMULATOR_DRIVER", "12080")))
        .contains("the driver is for CUDA 12.8 at most", "580 or later");
  }

  @Test
  void anOldCardIsReported() throws IOException {
    assertThat(report(Map.of("EMULATOR_CAPABILITY", "7.5")))
        .contains("compute capability 7.5 is older", "begins with 8.0 (Ampere)", "'cpu'");
  }

  @Test
  void aDriverThatFailsIsReportedWithItsOwnWords() throws IOException {
    assertThat(report(Map.of("EMULATOR_FAIL", "cuInit:1:803")))
        .contains("CUDA_ERROR_SYSTEM_DRIVER_MISMATCH (803", "cuInit");
    assertThat(report(Map.of("EMULATOR_FAIL", "cuDeviceGet:1:214")))
        .contains(
            "CUDA does not start here",
            "CUDA_ERROR_ECC_UNCORRECTABLE (214",
            "nvidia-smi -q -d ECC");
  }

  @Test
  void aWrongOptionIsReported() throws IOException {
    assertThat(report(Map.of(), "-D" + CudaOptions.MEMORY + "=lots"))
        .contains("riffle.kernels.cuda.memory must be bytes", "8g", "80%", "it is 'lots'");
  }

  @Test
  void withoutItsBindingItIsReported() throws IOException {
    Emulator.Run run = Emulator.java(Map.of(), List.of(), List.of("linux-x86_64"), Print.class);
    assertThat(run.output())
        .contains("its binding does not load", "classifier linux-x86_64", "cachedir");
  }
}
