package dev.riffle.cli.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.riffle.cli.CommandLines;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ValidateCommandTest {
  @TempDir Path dir;

  private Path lru(String change, String to) throws IOException {
    Path demo = CommandLines.checkout().resolve("demo/jobs");
    String yaml =
        Files.readString(demo.resolve("lru.yaml"))
            .replace("models/lru/1", demo.resolve("models/lru/1").toString());
    assertThat(yaml).contains(change);
    return Files.writeString(dir.resolve("job.yaml"), yaml.replace(change, to));
  }

  @ParameterizedTest
  @ValueSource(strings = {"lru", "qrnn", "chordmixer", "rse", "routing-transformer"})
  void theExamplesCanRun(String name) {
    Path file = CommandLines.checkout().resolve("demo/jobs/" + name + ".yaml");
    CommandLines result = CommandLines.run("validate", file);
    assertThat(result.err()).isEmpty();
    assertThat(result.exit()).isZero();
    assertThat(result.out()).startsWith(file + " is valid: " + name + "/1 (" + name + ") reads ");
  }

  @Test
  void theExampleOfDnaCanRun() {
    Path file = CommandLines.checkout().resolve("demo/jobs/dna.yaml");
    CommandLines result = CommandLines.run("validate", file);
    assertThat(result.err()).isEmpty();
    assertThat(result.out())
        .isEqualTo(
            file
                + " is valid: dna-annotator/1 (dna-annotator) reads sequencer.contigs and writes"
                + " lab.genes.\n");
  }

  @Test
  void allProblemsArePrintedAndSetTheExitCode() throws IOException {
    Path file = lru("format: json", "format: jsn");
    CommandLines result = CommandLines.run("validate", file);
    assertThat(result.exit()).isEqualTo(2);
    assertThat(result.out()).isEmpty();
    String found = ", but found 'jsn'; did you mean 'json'?";
    assertThat(result.err().lines())
        .containsExactly(
            file + ":7:11: source.format: expected riffle, json, avro or reads" + found,
            file + ":21:11: sinks.format: expected avro or json" + found,
            "2 problems.");
  }

  @Test
  void jsonOutputListsTheProblems() throws IOException {
    CommandLines bad = CommandLines.run("validate", lru("axes.y, ", ""), "--json");
    assertThat(bad.exit()).isEqualTo(2);
    JsonNode node = new ObjectMapper().readTree(bad.out());
    assertThat(node.path("valid").asBoolean()).isFalse();
    JsonNode problem = node.path("problems").get(0);
    assertThat(problem.path("line").asInt()).isEqualTo(11);
    assertThat(problem.path("column").asInt()).isEqualTo(3);
    assertThat(problem.path("key").asText()).isEqualTo("fields.features");
    assertThat(problem.path("found").asText()).isEqualTo("2 fields");
    assertThat(problem.path("expected").asText()).isEqualTo("as many values as the model reads");
    assertThat(problem.path("hint").asText()).contains("reads 3 values per step");
    assertThat(problem.path("message").asText()).startsWith("fields.features: expected");

    CommandLines good = CommandLines.run("validate", lru("format: json", "format: json"), "--json");
    assertThat(good.exit()).isZero();
    node = new ObjectMapper().readTree(good.out());
    assertThat(node.path("valid").asBoolean()).isTrue();
    assertThat(node.path("model").asText()).isEqualTo("lru/1 (lru)");
    assertThat(node.path("problems")).isEmpty();
  }

  @Test
  void runAndSubmitRefuseAJobWithProblems() throws IOException {
    Path file = lru("axes.y, ", "");
    for (CommandLines result :
        new CommandLines[] {
          CommandLines.run("run", file),
          CommandLines.run("submit", file, "--jobmanager", "http://127.0.0.1:1")
        }) {
      assertThat(result.exit()).isEqualTo(2);
      assertThat(result.err()).contains("job.yaml:11:3: fields.features: expected as many values");
    }
  }

  @Test
  void runSaysThatNoBrokerAnswers() throws IOException {
    CommandLines result =
        CommandLines.run("run", lru("format: json", "format: json"), "--bootstrap", "127.0.0.1:1");
    assertThat(result.exit()).isEqualTo(1);
    assertThat(result.err()).contains("No broker answers at 127.0.0.1:1");
  }

  @Test
  void linesAreWrittenForJobsOfJsonWithAKeyThatIsKnown() {
    Path demo = CommandLines.checkout().resolve("demo/jobs");
    CommandLines avro = CommandLines.run("produce", "events", demo.resolve("qrnn.yaml"), "a.jsonl");
    assertThat(avro.exit()).isEqualTo(2);
    assertThat(avro.err()).contains("does not read JSON");
    CommandLines keyless =
        CommandLines.run("produce", "events", demo.resolve("chordmixer.yaml"), "a.jsonl");
    assertThat(keyless.err()).contains("set it with --key");
    CommandLines keyed =
        CommandLines.run("produce", "events", demo.resolve("lru.yaml"), "a.jsonl", "--key", "a");
    assertThat(keyed.err()).contains("takes its key from the field 'machine': leave --key out");
  }
}
