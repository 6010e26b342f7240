package dev.riffle.models.families;

import static org.assertj.core.api.Assertions.assertThat;

import dev.riffle.kernels.Kernels;
import dev.riffle.models.TestBackends;
import dev.riffle.models.golden.GoldenResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class GoldensTest {

  @ParameterizedTest(name = "{0} on {1}")
  @MethodSource("goldensAndBackends")
  void everyGoldenPassesOnEveryBackend(Path golden, Kernels kernels) {
    GoldenResult result = Families.check(golden, kernels);
    assertThat(result.ok()).as("%s", result).isTrue();
  }

  static List<Arguments> goldensAndBackends() throws IOException {
    List<Arguments> all = new ArrayList<>();
    for (Path golden : goldens()) {
      TestBackends.all().forEach(kernels -> all.add(Arguments.of(golden, kernels)));
    }
    return all;
  }

  /** Those of the families, and those of the models in the demo. */
  private static List<Path> goldens() throws IOException {
    List<Path> all = new ArrayList<>();
    for (Path root : List.of(Path.of("goldens"), Path.of("../demo/models"))) {
      try (Stream<Path> files = Files.walk(root)) {
        files
            .filter(f -> f.toString().endsWith(".safetensors"))
            .filter(f -> !f.endsWith("model.safetensors"))
            .sorted()
            .forEach(all::add);
      }
    }
    return all;
  }
}
