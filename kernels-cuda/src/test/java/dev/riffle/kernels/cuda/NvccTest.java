package dev.riffle.kernels.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The kernels' sources compile for the GPUs that there are, where CUDA's compiler is. */
class NvccTest {

  @ParameterizedTest
  @ValueSource(strings = {"sm_80", "sm_90", "sm_100"})
  void allSourcesCompile(String architecture, @TempDir Path folder) throws IOException {
    String nvcc = nvcc();
    assumeTrue(nvcc != null, "There is no nvcc, on the PATH or in CUDA_HOME, to compile with.");
    for (Source header : Source.headers()) {
      Files.writeString(folder.resolve(header.name()), header.text());
    }
    for (Source unit : Stream.concat(Source.units().stream(), Stream.of(Probe.SOURCE)).toList()) {
      Path file = Files.writeString(folder.resolve(unit.name()), unit.text());
      Emulator.Run run =
          Emulator.run(
              Map.of(),
              nvcc,
              "-cubin",
              "-arch=" + architecture,
              "-std=c++17",
              "-Werror",
              "all-warnings",
              "-Xcicc", // optimized it takes ten times as long
              "-O0",
              "-Xptxas",
              "-O0",
              "-o",
              folder.resolve(unit.name() + ".cubin").toString(),
              file.toString());
      assertThat(run.status())
          .as("%s for %s: %s", unit.name(), architecture, run.output())
          .isZero();
    }
  }

  /** Where nvcc is; null where it is not. */
  private static String nvcc() throws IOException {
    String home = System.getenv("CUDA_HOME");
    List<String> places = home == null ? List.of("nvcc") : List.of(home + "/bin/nvcc", "nvcc");
    for (String place : places) {
      if (Emulator.run(Map.of(), place, "--version").status() == 0) {
        return place;
      }
    }
    return null;
  }
}
