package dev.riffle.kernels.nd4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.riffle.kernels.Activation;
import dev.riffle.kernels.Backends;
import dev.riffle.kernels.DeviceException;
import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.Tensor;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class Nd4jProviderTest {

  @Test
  void itIsFoundByItsNameAndSaysWhatComputes() {
    Kernels found = Backends.find("nd4j");
    assertThat(found.name()).isEqualTo("nd4j");
    assertThat(found.description()).contains("nd4j: ND4J", "on CPU", "OPENBLAS");
    assertThat(found.device()).as("the CPU needs no thread of its own").isEmpty();
    assertThat(found.forWindows().name()).isEqualTo("nd4j");
  }

  @Test
  void withoutItsNativesItFailsAndNamesThem() throws IOException, InterruptedException {
    assertThat(use("nd4j-native-", "openblas-"))
        .contains("IllegalStateException", "Backend 'nd4j' cannot run here")
        .contains("must be nd4j-native and openblas", "linux-x86_64", "cachedir");
  }

  @Test
  void withoutItsModuleItFailsWithTheCure() throws IOException, InterruptedException {
    assertThat(use("kernels-nd4j"))
        .contains("IllegalArgumentException", "No backend is called 'nd4j'")
        .contains("[cpu, reference]", "Flink's lib/", "docs/backends.md");
  }

  @Test
  void withEverythingItComputesThere() throws IOException, InterruptedException {
    assertThat(use()).contains("nd4j: ND4J", "[0.0, 2.0]");
  }

  @Test
  void moreMemoryThanTheLimitIsTheDevicesFaultAndPassesBy() {
    Kernels nd4j = Backends.find("nd4j");
    assertThatThrownBy(() -> nd4j.allocate(1 << 29))
        .isInstanceOf(DeviceException.OutOfMemory.class)
        .hasMessageContainingAll("'allocate'", "smaller batches", "javacpp.maxbytes");
    assertThat(nd4j.allocate(1 << 10).size()).isEqualTo(1 << 10);
  }

  @Test
  void whatNd4jThrowsIsAFaultOfTheDeviceAndOfNoInput() {
    assertThat(Guard.told("linear", new IllegalStateException("Op [matmul] execution failed")))
        .isExactlyInstanceOf(DeviceException.class)
        .hasMessageContainingAll("'linear'", "Op [matmul] execution failed");
    assertThat(Guard.told("linear", new RuntimeException("cudaMalloc failed: out of memory")))
        .isInstanceOf(DeviceException.OutOfMemory.class);
    assertThat(Guard.told("linear", new UnsatisfiedLinkError("no jnind4jcuda")))
        .isExactlyInstanceOf(DeviceException.class);
    Throwable own = new IllegalArgumentException("x must hold 4 values");
    assertThat(Guard.told("linear", own)).isSameAs(own);
    Throwable heap = new OutOfMemoryError("Java heap space");
    assertThat(Guard.told("linear", heap)).isSameAs(heap);
  }

  @Test
  void tilesCoverEachRowOnceAndThrowWhatIsTheirs() {
    Kernels nd4j = Backends.find("nd4j");
    int width = 1 << 17; // two rows to a tile
    int[] seen = new int[5];
    nd4j.inTiles(
        5,
        width,
        (first, rows, work) -> {
          assertThat(work.size()).isGreaterThanOrEqualTo(rows * width);
          nd4j.fill(work, 0, rows * width, 1);
          for (int r = first; r < first + rows; r++) {
            seen[r]++;
          }
        });
    assertThat(seen).containsOnly(1);
    IllegalStateException own = new IllegalStateException("the model's");
    assertThatThrownBy(
            () ->
                nd4j.inTiles(
                    1,
                    1,
                    (first, rows, work) -> {
                      throw own;
                    }))
        .isSameAs(own);
  }

  /** Runs {@link Use} in a JVM whose class path leaves out the jars and folders named so. */
  private static String use(String... without) throws IOException, InterruptedException {
    String path =
        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
            .filter(entry -> Arrays.stream(without).noneMatch(entry::contains) || isTest(entry))
            .collect(Collectors.joining(File.pathSeparator));
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-cp",
                path,
                Use.class.getName())
            .redirectErrorStream(true)
            .start();
    try (InputStream out = process.getInputStream()) {
      return new String(out.readAllBytes(), StandardCharsets.UTF_8);
    } finally {
      process.waitFor();
    }
  }

  private static boolean isTest(String entry) {
    return entry.endsWith("test-classes");
  }

  /** Finds the backend as a program would, and uses it. */
  static final class Use {
    public static void main(String[] args) {
      Kernels k = Backends.find("nd4j");
      System.out.println(k.description());
      Tensor x = k.constant(new double[] {-1, 2});
      k.activate(Activation.RELU, x, x, 2);
      float[] back = new float[2];
      k.read(x, 0, back, 0, 2);
      System.out.println(Arrays.toString(back));
    }
  }
}
