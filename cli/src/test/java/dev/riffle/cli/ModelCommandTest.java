package dev.riffle.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class ModelCommandTest {

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

  private static JsonNode json(String length) throws IOException {
    CommandLines result =
        CommandLines.run(
            "model", "inspect", CommandLines.transcriber(), "--json", "--length", length);
    assertThat(result.exit()).isZero();
    return new ObjectMapper().readTree(result.out());
  }
}
