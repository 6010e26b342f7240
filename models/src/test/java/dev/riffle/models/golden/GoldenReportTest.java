package dev.riffle.models.golden;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.riffle.kernels.Backends;
import dev.riffle.kernels.Kernels;
import dev.riffle.models.ModelException;
import dev.riffle.models.weights.SafetensorsWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GoldenReportTest {
  private final Kernels kernels = Backends.find("reference");
  private final GoldenReport report = new GoldenReport();
  @TempDir Path folder;

  @Test
  void theStageNearestItsLimitIsNamed() {
    report.compare("near", new double[] {0, 10}, new double[] {0, 10.9}, 0, 0.1);
    report.compare("nearer", new double[] {1}, new double[] {1.095}, 0.1, 0);
    report.compare("far", new double[] {1, 1}, new double[] {1.5, 1}, 10, 0);
    GoldenResult result = result();
    assertThat(result.ok()).isTrue();
    assertThat(result.stage()).isEqualTo("nearer");
    assertThat(result.tolerance()).isEqualTo(0.1);
    assertThat(result.maxError()).isBetween(0.0949, 0.0951);
  }

  @Test
  void oneValueBeyondItsLimitFailsTheGolden() {
    report.compare("good", new double[] {1}, new double[] {1}, 0.1, 0);
    report.compare("bad", new double[] {1, 1}, new double[] {1, 1.2}, 0.1, 0);
    assertThat(result()).extracting(GoldenResult::ok, GoldenResult::stage).contains(false, "bad");
  }

  @Test
  void whatIsNotANumberFailsTheGolden() {
    report.compare("nan", new double[] {1}, new double[] {Double.NaN}, 100, 100);
    assertThat(result().ok()).isFalse();
  }

  @Test
  void equalInfinitiesAreEqual() {
    double[] infinite = {Double.NEGATIVE_INFINITY};
    report.compare("log 0", infinite, infinite.clone(), 0, 0);
    assertThat(result().ok()).isTrue();
  }

  @Test
  void anotherNumberOfValuesFailsTheGolden() {
    report.compare("notes", new double[2], new double[3], 1, 1);
    assertThat(result().ok()).isFalse();
    assertThat(result().stage()).isEqualTo("notes (3 values, expected 2)");
  }

  @Test
  void aCheckThatComparedNothingHasFailed() {
    assertThat(result().ok()).isFalse();
  }

  @Test
  void aGoldenWithoutCaseBelongsToTheModelAroundIt() throws Exception {
    Path golden = Files.createDirectories(folder.resolve("m/1/golden")).resolve("a.safetensors");
    new SafetensorsWriter().write(golden);
    Files.writeString(folder.resolve("m/1/config.json"), "{\"family\": \"f\"}");
    assertThat(GoldenCase.read(golden).family()).isEqualTo("f");
  }

  @Test
  void orToTheModelBesideItsFolder() throws Exception {
    Path golden = Files.createDirectories(folder.resolve("golden")).resolve("a.safetensors");
    new SafetensorsWriter().write(golden);
    Path model = Files.createDirectories(folder.resolve("model"));
    Files.writeString(model.resolve("config.json"), "{\"family\": \"beside\"}");
    assertThat(GoldenCase.read(golden).family()).isEqualTo("beside");
    assertThat(GoldenCase.read(golden).model()).contains(model);
  }

  @Test
  void orToTheOneThatIsNamed() throws Exception {
    Path golden = folder.resolve("a.safetensors");
    new SafetensorsWriter().write(golden);
    Path model = Files.createDirectories(folder.resolve("named"));
    Files.writeString(model.resolve("config.json"), "{\"family\": \"named\"}");
    assertThat(GoldenCase.read(golden, model).family()).isEqualTo("named");
  }

  @Test
  void aGoldenThatBelongsNowhereIsRefused() {
    Path golden = folder.resolve("a.safetensors");
    new SafetensorsWriter().write(golden);
    assertThatThrownBy(() -> GoldenCase.read(golden))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("Name the directory of the model");
  }

  private GoldenResult result() {
    Path golden = folder.resolve("case.safetensors");
    new SafetensorsWriter().metadata("case", "{\"family\": \"f\"}").write(golden);
    return report.result(GoldenCase.read(golden), kernels);
  }
}
