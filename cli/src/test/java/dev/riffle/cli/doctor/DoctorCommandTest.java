package dev.riffle.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.riffle.cli.CommandLines;
import java.io.IOException;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;

class DoctorCommandTest {
  @Test
  void everythingThatIsLookedAtIsReportedWithItsHint() throws IOException {
    CommandLines result = CommandLines.run("doctor", "--json");

    assertThat(result.exit()).isZero();
    JsonNode array = new ObjectMapper().readTree(result.out());
    assertThat(StreamSupport.stream(array.spliterator(), false).map(n -> n.path("what").asText()))
        .contains(
            "java", "flags", "vector", "backend", "gpu", "blas", "decoder", "model", "kafka",
            "flink", "memory", "disk");
    for (JsonNode finding : array) {
      assertThat(finding.path("found").asText()).isNotEmpty();
      boolean ok = finding.path("verdict").asText().equals("ok");
      assertThat(finding.path("hint").asText().isEmpty()).as(finding.toString()).isEqualTo(ok);
    }
  }

  @Test
  void aBackendThatIsWantedAndMissingIsBrokenWithTheCure() {
    assertThat(CommandLines.run("doctor").out())
        .contains("nd4j: not loaded; load it with --backend nd4j");
    CommandLines wanted = CommandLines.run("doctor", "--backend", "nd4j");
    assertThat(wanted.exit()).isEqualTo(1);
    assertThat(wanted.out())
        .contains("BROKEN   backend    nd4j is not on the class path", "Start with ./riffle");
  }

  @Test
  void missingFlagsAreAWarningWithTheFlagsThatCureIt() {
    // Tests run without the launcher's flags.
    assertThat(CommandLines.run("doctor").out())
        .contains("warning  flags")
        .contains("Start with ./riffle, or add --add-opens");
  }
}
