package dev.riffle.models.golden;

import static org.assertj.core.api.Assertions.assertThat;

import dev.riffle.kernels.Backends;
import dev.riffle.kernels.Kernels;
import dev.riffle.models.TestBackends;
import dev.riffle.models.families.Families;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What every golden of a module must meet; the module's test names the folders. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class GoldensContract {
  private final List<Path> roots;
  private final Pattern given;
  private final List<GoldenResult> results = new ArrayList<>();

  /**
   * @param given names of recorded tensors that are inputs or that say where something was recorded
   * @param roots folders that contain the goldens
   */
  protected GoldensContract(String given, String... roots) {
    this.given = Pattern.compile(given);
    this.roots = Stream.of(roots).map(Path::of).toList();
  }

  @ParameterizedTest(name = "{0} on {1}")
  @MethodSource("goldensAndBackends")
  void everyGoldenPassesOnEveryBackend(Path golden, Kernels kernels) {
    GoldenResult result = Families.check(golden, kernels);
    results.add(result);
    assertThat(result.ok()).as("%s", result).isTrue();
  }

  @Test
  void everyRecordedTensorIsCompared() throws IOException {
    Kernels kernels = Backends.find("cpu");
    for (Path file : goldens()) {
      GoldenCase golden = GoldenCase.read(file);
      GoldenReport report = new GoldenReport();
      Families.ofGolden(golden).check(golden, kernels, report);
      Set<String> unread = golden.recorded();
      unread.removeIf(given.asMatchPredicate());
      // a tensor that was recorded in 32 and in 64 bits is compared in 64
      unread.removeIf(name -> report.compared().contains(name + "_f64"));
      report.compared().forEach(name -> unread.remove(name.replaceFirst("^notes\\..*", "notes")));
      assertThat(unread).as("%s", golden.file()).isEmpty();
    }
  }

  @Test
  void bothBackendsOfThisMachineAreChecked() {
    assertThat(TestBackends.all().map(Kernels::name)).contains("reference", "cpu");
  }

  @AfterAll
  void printTheWorstErrorOfEachFamily() {
    GoldenStatus.of(results).forEach(System.out::println);
  }

  /** All goldens in the folders, sorted by path. */
  protected final List<Path> goldens() throws IOException {
    return GoldenFiles.in(roots);
  }

  List<Arguments> goldensAndBackends() throws IOException {
    List<Arguments> all = new ArrayList<>();
    for (Path golden : goldens()) {
      TestBackends.all().forEach(kernels -> all.add(Arguments.of(golden, kernels)));
    }
    return all;
  }
}
