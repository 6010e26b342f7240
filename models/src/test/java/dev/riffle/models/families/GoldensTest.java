package dev.riffle.models.families;

import static org.assertj.core.api.Assertions.assertThat;

import dev.riffle.kernels.Backends;
import dev.riffle.kernels.Kernels;
import dev.riffle.models.TestBackends;
import dev.riffle.models.golden.GoldenCase;
import dev.riffle.models.golden.GoldenReport;
import dev.riffle.models.golden.GoldenResult;
import dev.riffle.models.golden.GoldenStatus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class GoldensTest {
  private static final Path FAMILIES = Path.of("goldens");
  private static final Path DEMO = Path.of("../demo/models");
  private static final List<GoldenResult> RESULTS = new ArrayList<>();

  /** What goes in, says where something was recorded, or is the music's own score. */
  private static final Pattern GIVEN =
      Pattern.compile(
          "input(_\\w+)?|lengths|context|context_mask|init_(c|tail)\\.\\d+|hidden_init|prev_x\\.\\d+"
              + "|state_steps|prefix_lengths|pcm|kept_frames|truth|.*/hidden_tokens");

  @ParameterizedTest(name = "{0} on {1}")
  @MethodSource("goldensAndBackends")
  void everyGoldenPassesOnEveryBackend(Path golden, Kernels kernels) {
    GoldenResult result = Families.check(golden, kernels);
    RESULTS.add(result);
    assertThat(result.ok()).as("%s", result).isTrue();
  }

  @Test
  void everyRecordedTensorIsCompared() throws IOException {
    Kernels kernels = Backends.find("cpu");
    for (Arguments pair : goldensAndBackends()) {
      GoldenCase golden = GoldenCase.read((Path) pair.get()[0]);
      GoldenReport report = new GoldenReport();
      Families.find(golden.family(), "a golden").check().run(golden, kernels, report);
      Set<String> unread = golden.recorded();
      unread.removeIf(GIVEN.asMatchPredicate());
      // what was recorded in 32 and in 64 bits is compared in 64
      unread.removeIf(name -> report.compared().contains(name + "_f64"));
      report.compared().forEach(name -> unread.remove(name.replaceFirst("^notes\\..*", "notes")));
      assertThat(unread).as("%s", golden.file()).isEmpty();
    }
  }

  @Test
  void theFamiliesHave130GoldensAndTwoBackendsToHoldAgainstThem() throws IOException {
    assertThat(goldens(FAMILIES)).hasSize(130);
    assertThat(TestBackends.all().map(Kernels::name)).contains("reference", "cpu");
  }

  @AfterAll
  static void printTheWorstErrorOfEachFamily() {
    GoldenStatus.of(RESULTS).forEach(System.out::println);
  }

  static List<Arguments> goldensAndBackends() throws IOException {
    List<Arguments> all = new ArrayList<>();
    for (Path root : List.of(FAMILIES, DEMO)) {
      for (Path golden : goldens(root)) {
        TestBackends.all().forEach(kernels -> all.add(Arguments.of(golden, kernels)));
      }
    }
    return all;
  }

  private static List<Path> goldens(Path root) throws IOException {
    try (Stream<Path> files = Files.walk(root)) {
      return files
          .filter(f -> f.toString().endsWith(".safetensors"))
          .filter(f -> !f.endsWith("model.safetensors"))
          .sorted()
          .toList();
    }
  }
}
