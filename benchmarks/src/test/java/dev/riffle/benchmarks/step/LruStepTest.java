package dev.riffle.benchmarks.step;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is measured side by side computes the same. */
final class LruStepTest {

  @ParameterizedTest
  @ValueSource(strings = {"vector", "fallback"})
  void theCpuEnginesAgreeWithTheReference(String engine) throws IOException {
    agrees(engine);
  }

  @Test
  void onnxruntimeAgreesWithTheReference() throws IOException {
    assumeThat(System.getenv("PATH").split(":")).anyMatch(p -> Files.exists(Path.of(p, "python3")));
    agrees("onnxruntime");
  }

  private static void agrees(String engine) throws IOException {
    for (int keys : new int[] {1, 3}) {
      try (LruStep reference = LruStep.of("reference", 64, keys);
          LruStep tested = LruStep.of(engine, 64, keys)) {
        assertThat(LruStep.difference(reference, tested, keys)).isLessThan(1e-4);
        assertThat(Arrays.stream(new int[] {0, 3}).mapToObj(tested::state))
            .allSatisfy(s -> assertThat(s).isNotEqualTo(new float[s.length]));
      }
    }
  }
}
