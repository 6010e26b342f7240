package dev.riffle.kernels.nd4j;

import static org.assertj.core.api.Assertions.assertThat;

import dev.riffle.kernels.Backends;
import dev.riffle.models.families.Families;
import dev.riffle.models.golden.GoldenFiles;
import dev.riffle.models.golden.GoldenResult;
import dev.riffle.models.golden.GoldenStatus;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The goldens of all families, compared with nd4j. */
class Nd4jGoldensTest {
  private static final List<GoldenResult> RESULTS = new ArrayList<>();

  @ParameterizedTest
  @MethodSource("goldens")
  void everyGoldenPasses(Path golden) {
    GoldenResult result = Families.check(golden, Backends.find("nd4j"));
    RESULTS.add(result);
    assertThat(result.ok()).as("%s", result).isTrue();
  }

  @AfterAll
  static void printTheWorstErrorOfEachFamily() {
    GoldenStatus.of(RESULTS).forEach(System.out::println);
  }

  static List<Path> goldens() throws IOException {
    return GoldenFiles.in(List.of(Path.of("../models/goldens"), Path.of("../demo/models")));
  }
}
