package dev.riffle.cli.model;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.riffle.cli.CommandLines;
import dev.riffle.models.weights.ElementType;
import dev.riffle.models.weights.Safetensors;
import dev.riffle.models.weights.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelCommandTest {
  @TempDir Path folder;

  @Test
  void theShippedTranscriberIsDescribed() {
    CommandLines result = CommandLines.run("model", "inspect", CommandLines.transcriber());

    assertThat(result.exit()).isZero();
    assertThat(result.out())
        .contains("lru-transcriber/1", "35,688 bytes", "for a frame of 32 ms", "96 ms")
        .containsPattern("layers +4\\R");
  }

  @Test
  void jsonCountsAsManyStepsAsAreAskedFor() throws IOException {
    JsonNode one = json("1");
    JsonNode ten = json("10");
    assertThat(ten.path("multiply_adds").asLong())
        .isEqualTo(10 * one.path("multiply_adds").asLong())
        .isPositive();
    assertThat(one.path("family").asText()).isEqualTo("lru-transcriber");
    assertThat(one.path("fingerprint").asText()).hasSize(64);
    assertThat(one.path("state_bytes").asInt()).isEqualTo(35_688);
    assertThat(one.path("parameters").asLong()).isPositive();
  }

  @Test
  void whatIsNoModelIsSaidToBeNone() {
    CommandLines result =
        CommandLines.run("model", "inspect", CommandLines.checkout().resolve("demo/nowhere"));
    assertThat(result.exit()).isEqualTo(1);
    assertThat(result.err())
        .contains("is not a model directory: expected <name>/<version>/ with config.json");
  }

  // ---------------------------------------------------------------- convert

  @Test
  void aFileOfWeightsBecomesAModelAndTheModelAnotherVersion() throws IOException {
    Path weights = CommandLines.transcriber().resolve("model.safetensors");
    Path config = CommandLines.transcriber().resolve("config.json");
    CommandLines first =
        CommandLines.run(
            "model", "convert", weights, folder.resolve("t/1"), "--config", config, "--to", "npz");
    assertThat(first.err()).isEmpty();
    assertThat(first.exit()).isZero();
    assertThat(first.out()).contains("t/1: ", " tensors, ").doesNotContain("note");
    assertThat(folder.resolve("t/1/model.npz")).exists();

    CommandLines second =
        CommandLines.run(
            "model", "convert", folder.resolve("t/1"), folder.resolve("t/2"), "--dtype", "f16");
    assertThat(second.exit()).isZero();
    assertThat(Files.size(folder.resolve("t/2/model.safetensors")))
        .isLessThan(Files.size(weights) * 6 / 10);
    assertThat(CommandLines.run("model", "inspect", folder.resolve("t/2")).out())
        .contains("t/2", "lru-transcriber", "1,709,007");
  }

  @Test
  void tensorsThatAModelDoesNotReadAreListed() throws IOException {
    Safetensors weights = Safetensors.read(CommandLines.transcriber().resolve("model.safetensors"));
    SafetensorsWriter more = new SafetensorsWriter();
    weights.names().forEach(name -> more.copy(name, weights, name));
    more.add("head.extra", ElementType.F32, new double[] {1, 2}, 2);
    more.add("step", ElementType.F32, new double[] {3}, 1);
    Path file = Files.write(folder.resolve("more.safetensors"), more.toBytes());
    Path config = CommandLines.transcriber().resolve("config.json");
    Path model = folder.resolve("t/1");
    CommandLines.run("model", "convert", file, model, "--config", config);

    assertThat(CommandLines.run("model", "inspect", model).out())
        .containsPattern("unread tensors +head.extra, step\\R");
    CommandLines json = CommandLines.run("model", "inspect", model, "--json");
    assertThat(new ObjectMapper().readTree(json.out()).path("unread"))
        .extracting(JsonNode::asText)
        .containsExactly("head.extra", "step");
    assertThat(json("1").path("unread").isArray()).isTrue();
    assertThat(json("1").path("unread")).isEmpty();
  }

  @Test
  void whatIsMissingIsNamedAndAVersionIsNotWrittenOver() {
    Path weights = CommandLines.transcriber().resolve("model.safetensors");
    Path config = CommandLines.transcriber().resolve("config.json");
    Path target = folder.resolve("t/1");
    CommandLines skipped =
        CommandLines.run(
            "model", "convert", weights, target, "--config", config, "--skip", "onset*");
    assertThat(skipped.exit()).isEqualTo(1);
    assertThat(skipped.err()).contains("holds no tensor 'onset").contains("the nearest name");
    assertThat(target).doesNotExist();

    CommandLines.run("model", "convert", CommandLines.transcriber(), target);
    CommandLines again = CommandLines.run("model", "convert", CommandLines.transcriber(), target);
    assertThat(again.exit()).isEqualTo(1);
    assertThat(again.err()).contains("already exists. Versions are immutable");
  }

  @Test
  void settingsAreTheSourcesThenTheFilesThenThoseOfTheLine() throws IOException {
    Path config = Files.writeString(folder.resolve("c.json"), "{\"note\": \"a\", \"more\": 1}");
    CommandLines result =
        CommandLines.run(
            "model",
            "convert",
            CommandLines.transcriber(),
            folder.resolve("t/1"),
            "--config",
            config,
            "--set",
            "note=two words",
            "--set",
            "list=[1, 2]",
            "--family",
            "lru-transcriber");
    assertThat(result.exit()).isZero();
    JsonNode written =
        new ObjectMapper().readTree(folder.resolve("t/1").resolve("config.json").toFile());
    assertThat(written.path("note").asText()).isEqualTo("two words");
    assertThat(written.path("more").asInt()).isEqualTo(1);
    assertThat(written.path("list")).hasSize(2);
    assertThat(written.path("family").asText()).isEqualTo("lru-transcriber");
  }

  @Test
  void mistakesOfTheLineAreExplained() {
    Path weights = CommandLines.transcriber().resolve("model.safetensors");
    Path target = folder.resolve("t/1");
    assertThat(CommandLines.run("model", "convert", weights, target))
        .satisfies(r -> assertThat(r.exit()).isEqualTo(2))
        .satisfies(r -> assertThat(r.err()).contains("is unknown. Pass --family").contains("qrnn"));
    assertThat(CommandLines.run("model", "convert", weights, target, "--set", "d_model"))
        .satisfies(r -> assertThat(r.exit()).isEqualTo(2))
        .satisfies(r -> assertThat(r.err()).contains("is not NAME=VALUE"));
    assertThat(
            CommandLines.run(
                "model", "convert", CommandLines.transcriber(), target, "--family", "lru"))
        .satisfies(r -> assertThat(r.exit()).isEqualTo(1))
        .satisfies(r -> assertThat(r.err()).contains("'family' must be 'lru', as --family says,"));
    assertThat(CommandLines.run("model", "convert", weights, target, "--config", "none.json"))
        .satisfies(r -> assertThat(r.exit()).isEqualTo(1))
        .satisfies(r -> assertThat(r.err()).contains("Cannot read the settings from none.json"));
    assertThat(CommandLines.run("model", "convert", "run.pt", target))
        .satisfies(r -> assertThat(r.exit()).isEqualTo(1))
        .satisfies(r -> assertThat(r.err()).contains("training/import"));
    assertThat(target).doesNotExist();
  }

  private static JsonNode json(String length) throws IOException {
    CommandLines result =
        CommandLines.run(
            "model", "inspect", CommandLines.transcriber(), "--json", "--length", length);
    assertThat(result.exit()).isZero();
    return new ObjectMapper().readTree(result.out());
  }
}
