package dev.riffle.cli.model;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.riffle.cli.CommandLines;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VerifyCommandTest {
  private static final String NAME = "lru-05-L8-d16h12x2-last-batch-pre.safetensors";

  @TempDir Path dir;

  @Test
  void aFolderMeansEveryGoldenInItOnEveryBackend() throws IOException {
    CommandLines result = CommandLines.run("verify", goldens(), "--json");

    assertThat(result.exit()).isZero();
    JsonNode array = new ObjectMapper().readTree(result.out());
    assertThat(array).hasSize(2 * 18);
    for (JsonNode line : array) {
      assertThat(line.path("family").asText()).isEqualTo("lru");
      assertThat(line.path("ok").asBoolean()).isTrue();
      assertThat(line.path("max_error").asDouble()).isLessThan(line.path("tolerance").asDouble());
    }
  }

  @Test
  void aModelsGoldensFindTheirWeightsAroundThem() throws IOException {
    Path models = CommandLines.checkout().resolve("demo/models");
    CommandLines result = CommandLines.run("verify", models);
    long goldens;
    try (Stream<Path> files = Files.walk(models)) {
      goldens = files.filter(f -> f.toString().matches(".*/golden/[^/]*[.]safetensors")).count();
    }

    assertThat(result.exit()).isZero();
    assertThat(result.out())
        .contains("piano.safetensors", "quartet.safetensors", "lru-transcriber")
        .doesNotContain("model.safetensors")
        .containsPattern("lru-transcriber +cpu +5 of +5  worst .* % of its limit [(].*[.]safeten")
        .contains(goldens + " goldens on cpu, reference: all within tolerance");
  }

  @Test
  void aNamedModelIsHeldAgainstGoldensThatLieElsewhere() throws IOException {
    Path golden = dir.resolve("piano.safetensors");
    Files.copy(CommandLines.transcriber().resolve("golden/piano.safetensors"), golden);

    assertThat(CommandLines.run("verify", golden, "--backend", "cpu").exit()).isEqualTo(1);
    assertThat(
            CommandLines.run(
                    "verify", golden, "--backend", "cpu", "--model", CommandLines.transcriber())
                .exit())
        .isZero();
  }

  @Test
  void oneWrongValueIsAMiss() throws IOException {
    Path golden = dir.resolve(NAME);
    Files.write(golden, withWrongOutput(Files.readAllBytes(goldens().resolve(NAME))));

    CommandLines result = CommandLines.run("verify", golden, "--backend", "cpu");
    assertThat(result.exit()).isEqualTo(1);
    assertThat(result.out()).contains("MISSED").contains("output_f64").contains("1 of 1 missed");
    assertThat(result.out()).containsPattern("lru +cpu +0 of +1  worst .* of its limit");
    CommandLines json = CommandLines.run("verify", golden, "--backend", "cpu", "--json");
    assertThat(new ObjectMapper().readTree(json.out()).at("/0/ok").asBoolean(true)).isFalse();
  }

  @Test
  void aForcedBackendThatIsMissingFailsWithTheCure() {
    CommandLines result = CommandLines.run("verify", goldens(), "--backend", "nd4j");
    assertThat(result.exit()).isEqualTo(2);
    assertThat(result.err())
        .contains("No backend is called 'nd4j'", "[cpu, reference]")
        .contains("./riffle adds them where an argument names it", "Flink's lib/");
  }

  @Test
  void aFileThatIsNoGoldenIsAMissThatSaysWhy() throws IOException {
    Path golden = Files.write(dir.resolve("x.safetensors"), new byte[] {1, 2, 3});

    CommandLines result = CommandLines.run("verify", golden, goldens().resolve(NAME), "--json");
    assertThat(result.exit()).isEqualTo(1);
    JsonNode array = new ObjectMapper().readTree(result.out());
    assertThat(array).hasSize(4);
    assertThat(array.at("/0/ok").asBoolean(true)).isFalse();
    assertThat(array.at("/0/problem").asText()).contains("x.safetensors");
    assertThat(array.at("/2/ok").asBoolean()).isTrue();
  }

  private static Path goldens() {
    return CommandLines.checkout().resolve("models/goldens/lru");
  }

  /** The first value of output_f64 grows by a thousandth. */
  private static byte[] withWrongOutput(byte[] file) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    int header = (int) bytes.getLong(0);
    JsonNode names =
        new ObjectMapper().readTree(new String(file, 8, header, StandardCharsets.UTF_8));
    int at = 8 + header + names.at("/output_f64/data_offsets/0").asInt();
    bytes.putDouble(at, bytes.getDouble(at) + 1e-3);
    return file;
  }
}
