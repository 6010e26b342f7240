package dev.riffle.jobs.sequence;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.ValidationMessage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** The JSON Schema of job files, and the examples checked against it. */
class JobSchemaTest {
  private static final String NAME = "job.schema.json";
  private static final Path FILE = DemoJobsTest.DEMO.resolve(NAME);

  static List<Path> examples() throws IOException {
    try (Stream<Path> files = Files.list(DemoJobsTest.DEMO)) {
      return files.filter(file -> file.toString().endsWith(".yaml")).sorted().toList();
    }
  }

  private static List<String> problems(String yaml) {
    JsonSchema schema =
        JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V7).getSchema(JobSchema.text());
    JsonNode job =
        new ObjectMapper()
            .valueToTree(new Load(LoadSettings.builder().build()).loadFromString(yaml));
    return schema.validate(job).stream().map(ValidationMessage::getMessage).toList();
  }

  @Test
  void theSchemaInTheTreeIsUpToDate() throws IOException {
    if (Boolean.getBoolean("riffle.write-docs")) {
      Files.writeString(FILE, JobSchema.text());
    }
    assertThat(FILE)
        .as("rewrite it: mvn -pl flink-jobs -am test -Dtest=JobSchemaTest -Driffle.write-docs=true")
        .content()
        .isEqualTo(JobSchema.text());
  }

  @ParameterizedTest
  @MethodSource("examples")
  void everyExampleIsValidAndNamesTheSchema(Path example) throws IOException {
    String yaml = Files.readString(example);
    assertThat(problems(yaml)).isEmpty();
    assertThat(yaml).startsWith("# yaml-language-server: $schema=" + NAME + "\n");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          format: json        | format: xml          | enumeration
          format: json        | fromat: json         | format
          stream: vibration   | strem: vibration     | stream
          features: [axes.x, axes.y, axes.z] | features: [] | at least 1
          features: [axes.x, axes.y, axes.z] | features: {field: v} | width
          gap-policy: reset   | gap-policy: guess    | enumeration
          gap-policy: reset   | targets: a.fasta     | targets
          gap-policy: reset   | bootstrap: broker:1  | bootstrap
          gap-policy: reset   | parallelism: 0       | minimum
          directory: models/lru/1 | answers: last-step | directory
          directory: models/lru/1 | {directory: d, window: {length: 64, stride: half}} | stride
          """)
  void aProblemIsFoundByTheSchema(String good, String bad, String message) throws IOException {
    String yaml = Files.readString(DemoJobsTest.DEMO.resolve("lru.yaml"));
    assertThat(yaml).contains(good);
    assertThat(problems(yaml.replace(good, bad)))
        .anySatisfy(problem -> assertThat(problem).contains(message));
  }
}
