package dev.riffle.models.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.riffle.models.ModelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ModelDirectoryTest {
  private static final String CONFIG = "{\"family\": \"lru\"}";

  @TempDir Path folder;
  private Path model;

  @BeforeEach
  void writeAModel() {
    model = folder.resolve("copier/3");
    ModelDirectory.write(
        model,
        CONFIG,
        new SafetensorsWriter().add("x", new float[] {1, 2}, 2),
        "{\"date\": \"today\"}");
  }

  @Test
  void whatWasWrittenIsRead() throws IOException {
    ModelDirectory read = ModelDirectory.read(model);
    assertThat(read.label()).isEqualTo("copier/3");
    assertThat(read.family()).isEqualTo("lru");
    assertThat(read.weights().require("x", 2)).containsExactly(1, 2);
    assertThat(read.fingerprint()).matches("[0-9a-f]{64}");
    assertThat(Files.readString(model.resolve("provenance.json")))
        .contains("\"date\" : \"today\"")
        .contains("\"model.safetensors\" : \"");
  }

  @Test
  void theFingerprintIsOfTheContentAndNotOfThePlace() {
    Path again = folder.resolve("other/1");
    SafetensorsWriter same = new SafetensorsWriter().add("x", new float[] {1, 2}, 2);
    ModelDirectory.write(again, CONFIG, same, "{}");
    Path another = folder.resolve("other/2");
    SafetensorsWriter different = new SafetensorsWriter().add("x", new float[] {1, 3}, 2);
    ModelDirectory.write(another, CONFIG, different, "{}");

    String fingerprint = ModelDirectory.read(model).fingerprint();
    assertThat(ModelDirectory.read(again).fingerprint()).isEqualTo(fingerprint);
    assertThat(ModelDirectory.read(another).fingerprint()).isNotEqualTo(fingerprint);
  }

  @Test
  void theVersionsOfADirectoryWithoutVersionAreListed() throws IOException {
    ModelDirectory.write(folder.resolve("copier/4"), CONFIG, new SafetensorsWriter(), "{}");
    Files.createDirectory(folder.resolve("copier/notes"));
    assertThatThrownBy(() -> ModelDirectory.read(folder.resolve("copier")))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("copier has no version: expected <name>/<version>/.")
        .hasMessageContaining("Its versions are 3, 4; try ")
        .hasMessageEndingWith("4.");
    for (String version : new String[] {"1", "1.1", "v2-beta"}) {
      Path name = folder.resolve("named-" + version);
      ModelDirectory.write(name.resolve(version), CONFIG, new SafetensorsWriter(), "{}");
      assertThatThrownBy(() -> ModelDirectory.read(name))
          .hasMessageContaining("Its versions are " + version + "; try " + name.resolve(version));
    }
  }

  @Test
  void aVersionIsWrittenOnce() {
    SafetensorsWriter weights = new SafetensorsWriter();
    assertThatThrownBy(() -> ModelDirectory.write(model, CONFIG, weights, "{}"))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("Versions are immutable; choose a new one if this one exists.");
    assertThat(ModelDirectory.read(model).weights().has("x")).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"model.safetensors", "config.json"})
  void aFileThatIsNotWhatTheProvenancePromisesIsRefused(String file) throws IOException {
    byte[] content = Files.readAllBytes(model.resolve(file));
    content[content.length - 1] ^= 1;
    Files.write(model.resolve(file), content);
    assertThatThrownBy(() -> ModelDirectory.read(model))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining(model.resolve(file) + " does not match provenance.json")
        .hasMessageContaining("expected sha-256 ")
        .hasMessageContaining(", found ")
        .hasMessageContaining("Download the version again");
  }

  @ParameterizedTest
  @ValueSource(strings = {"model.safetensors", "config.json", "provenance.json"})
  void aMissingFileIsNamed(String file) throws IOException {
    Files.delete(model.resolve(file));
    assertThatThrownBy(() -> ModelDirectory.read(model))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("Cannot read " + model.resolve(file));
  }

  @Test
  void aProvenanceWithoutHashesIsRefused() throws IOException {
    Files.writeString(model.resolve("provenance.json"), "{}");
    assertThatThrownBy(() -> ModelDirectory.read(model))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining(
            "provenance.json: setting 'sha256' must be an object, but is missing");
  }

  @Test
  void goldensMayJudgeAModelWithoutHashesButNotOneWithWrongHashes() throws IOException {
    Path provenance = model.resolve("provenance.json");
    String good = Files.readString(provenance);
    Files.writeString(provenance, "{}");
    assertThat(ModelDirectory.readForGoldens(model).label()).isEqualTo("copier/3");
    Files.writeString(provenance, good);
    Files.writeString(model.resolve("config.json"), "{\"family\": \"other\"}");
    assertThatThrownBy(() -> ModelDirectory.readForGoldens(model))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("does not match provenance.json");
  }

  @Test
  void aMissingDirectoryIsNamedWithWhatWasExpected() {
    assertThatThrownBy(() -> ModelDirectory.read(folder.resolve("none/1")))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("none/1 is not a model directory: expected <name>/<version>/ with");
  }

  @Test
  void theModelOfTheDemoIsWhatItsProvenancePromises() {
    ModelDirectory demo = ModelDirectory.read(Path.of("../demo/models/lru-transcriber/1"));
    assertThat(demo.label()).isEqualTo("lru-transcriber/1");
    assertThat(demo.family()).isEqualTo("lru-transcriber");
  }
}
