package dev.riffle.models.families;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.riffle.kernels.Backends;
import dev.riffle.kernels.Kernels;
import dev.riffle.models.BatchItem;
import dev.riffle.models.Format;
import dev.riffle.models.ModelException;
import dev.riffle.models.PredictionValues;
import dev.riffle.models.Settings;
import dev.riffle.models.StreamModel;
import dev.riffle.models.StreamRunner;
import dev.riffle.models.WindowOptions;
import dev.riffle.models.lru.LruConfig;
import dev.riffle.models.lru.LruInit;
import dev.riffle.models.rse.RseInit;
import dev.riffle.models.weights.ModelDirectory;
import dev.riffle.models.weights.SafetensorsWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FamiliesTest {
  private static final String CONFIG =
      """
      {"family": "%s", "d_input": 3, "d_model": 4, "d_hidden": 2, "n_layers": 2, "d_output": 5,
       "pooling": "mean", "norm": "batch", "prenorm": true}
      """;
  private static final LruConfig SIZES =
      new LruConfig(3, 4, 2, 2, 5, 1, LruConfig.Pooling.MEAN, "batch", true);

  private final Kernels kernels = Backends.find("reference");
  @TempDir Path folder;

  @Test
  void aDirectoryBecomesTheModelOfItsFamily() {
    ModelDirectory directory = model("lru", LruInit.draw(SIZES, 0, 1, 6.28, 1));
    StreamModel<PredictionValues> model = Families.load(directory, kernels, PredictionValues.class);
    assertThat(model.info().label()).isEqualTo("some/1");
    assertThat(model.info().family()).isEqualTo("lru");
    assertThat(model.info().fingerprint()).isEqualTo(directory.fingerprint());
    // version, precision, count; 2 layers of 2 complex numbers; sum of 4 and its rounding
    assertThat(model.info().stateBytes()).isEqualTo(1 + 1 + 8 + (2 * 2 * 2 + 2 * 4) * 8);
    assertThat(model.newRunner().open(new Format(0, 3))).hasSize(model.info().stateBytes());
  }

  @Test
  void anUnknownFamilyIsNamedWithTheRegisteredOnes() {
    ModelDirectory directory = model("gru", new SafetensorsWriter());
    assertThatThrownBy(() -> Families.load(directory, kernels, PredictionValues.class))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining(
            "some/1 belongs to the family 'gru', which is not on the class path; expected one of "
                + Families.names());
  }

  @Test
  void aModelThatPredictsAnotherTypeIsRefused() {
    ModelDirectory directory = model("lru", LruInit.draw(SIZES, 0, 1, 6.28, 1));
    assertThatThrownBy(() -> Families.load(directory, kernels, String.class))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("predicts PredictionValues, but String is expected here");
  }

  @Test
  void aFamilyOfWindowsIsServedInThem() {
    ModelDirectory directory = torch();
    StreamModel<PredictionValues> model =
        Families.load(directory, kernels, PredictionValues.class, new WindowOptions(8, 4));
    assertThat(model.info().label()).isEqualTo("some/1");
    assertThat(model.info().fingerprint()).isEqualTo(directory.fingerprint() + "/8/4");
    // version, precision, count, length, stride; 7 steps of 3 values
    assertThat(model.info().stateBytes()).isEqualTo(1 + 1 + 8 + 4 + 4 + 7 * 3 * 4);
    StreamRunner<PredictionValues> runner = model.newRunner();
    Format format = new Format(0, 3);
    BatchItem<PredictionValues> item =
        new BatchItem<>(format, runner.open(format), new float[8 * 3], 0, 8);
    runner.advance(List.of(item));
    assertThat(item.predictions).hasSize(6); // its middle and its head
  }

  @Test
  void aFamilyOfWindowsWithoutAndARecurrentOneWithWindowsAreRefused() {
    assertThatThrownBy(() -> Families.load(torch(), kernels, PredictionValues.class))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("'rse' reads windows")
        .hasMessageContaining("Set the window length");
    ModelDirectory lru = model("lru", LruInit.draw(SIZES, 0, 1, 6.28, 1));
    assertThatThrownBy(
            () -> Families.load(lru, kernels, PredictionValues.class, WindowOptions.of(8)))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("'lru' predicts after each step")
        .hasMessageContaining("remove the window of 8 steps");
  }

  @Test
  void goldensOfAPartOfAModelMakeNoFamily() {
    assertThat(Families.names())
        .contains("chordmixer", "lru", "qrnn", "routing-transformer", "rse")
        .doesNotContain("chordmixer-rotate");
    assertThat(Families.find("chordmixer", "a test").checksGoldensOf("chordmixer-rotate")).isTrue();
    assertThatThrownBy(() -> Families.find("chordmixer-rotate", "a test"))
        .isInstanceOf(ModelException.class);
  }

  @Test
  void aMissingTensorIsNamed() {
    ModelDirectory directory = model("lru", new SafetensorsWriter().add("x", new float[1], 1));
    assertThatThrownBy(() -> Families.load(directory, kernels, PredictionValues.class))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("holds no tensor 'params/encoder/encoder/kernel'");
  }

  private ModelDirectory torch() {
    String config =
        """
        {"family": "rse", "variant": "torch-a", "m": 3, "n_blocks": 1, "length": 8}
        """;
    SafetensorsWriter weights = RseInit.draw(Settings.parse(config, "config.json"), 1);
    Path path = folder.resolve("torch").resolve("some/1");
    if (!Files.exists(path)) {
      ModelDirectory.write(path, config, weights, "{}");
    }
    return ModelDirectory.read(path);
  }

  private ModelDirectory model(String family, SafetensorsWriter weights) {
    Path path = folder.resolve(family).resolve("some/1");
    ModelDirectory.write(path, CONFIG.formatted(family), weights, "{}");
    return ModelDirectory.read(path);
  }
}
