package dev.riffle.kernels.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.riffle.kernels.Backends;
import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.KernelsContract;
import dev.riffle.kernels.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

final class CpuFallbackKernelsTest extends KernelsContract {
  @Override
  protected Kernels kernels() {
    return CpuProvider.fallback(1);
  }

  @Test
  void withoutTheModuleItRunsAndNamesTheFlagOnce() throws IOException, InterruptedException {
    String said = java("-Xshare:auto");
    assertThat(said).contains("cpu: plain loops", "[3.0, 7.0]");
    assertThat(said.split("--add-modules jdk.incubator.vector", -1)).hasSize(2);
  }

  @Test
  void chosenByItsNameItIsSilent() throws IOException, InterruptedException {
    assertThat(java("-Driffle.kernels.cpu=fallback"))
        .contains("cpu: plain loops")
        .doesNotContain("--add-modules");
  }

  @Test
  void forcedButMissingLanesFailAndNameTheFlag() throws IOException, InterruptedException {
    assertThat(java("-Driffle.kernels.cpu=vector"))
        .contains("IllegalStateException", "start Java with --add-modules jdk.incubator.vector")
        .doesNotContain("plain loops");
  }

  @Test
  void anUnknownEngineIsRefusedWithThoseThereAre() throws IOException, InterruptedException {
    assertThat(java("-Driffle.kernels.cpu=gpu")).contains("'vector' or 'fallback' but is 'gpu'");
  }

  /** Runs {@link Use} in a JVM without the vector module; returns what it said. */
  private static String java(String option) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add(option);
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(Use.class.getName());
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    try (InputStream out = process.getInputStream()) {
      return new String(out.readAllBytes(), StandardCharsets.UTF_8);
    } finally {
      process.waitFor();
    }
  }

  /** Finds the backend as a program would, twice, and uses it. */
  static final class Use {
    public static void main(String[] args) {
      Kernels k = Backends.find("cpu");
      Tensor y = Backends.find("cpu").allocate(2);
      System.out.println(k.description());
      double[] w = {1, 2, 3, 4};
      k.linear(k.linear(w, null, 2, 2), k.constant(new double[] {1, 1}), y, 1);
      float[] back = new float[2];
      k.read(y, 0, back, 0, 2);
      System.out.println(Arrays.toString(back));
    }
  }
}
