package dev.riffle.jobs.sequence;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.riffle.jobs.stream.ModelOptions;
import dev.riffle.models.WindowOptions;
import dev.riffle.models.weights.ModelDirectory;
import dev.riffle.models.weights.Safetensors;
import dev.riffle.models.weights.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The examples of {@code demo/jobs} and their models, which hold the weights of golden cases. */
class DemoJobsTest {
  static final Path DEMO = Path.of("..", "demo", "jobs");
  private static final Path GOLDENS = Path.of("..", "models", "goldens");

  /** Golden cases by the model that holds their weights. */
  private static final Map<String, String> CASES =
      Map.of(
          "lru", "lru/lru-07-L100-d8h8x1-none-batch-pre",
          "qrnn", "qrnn/qrnn-paper-06-T100-i4h6x3-k3-ifo",
          "chordmixer", "chordmixer/chord-14-max2000-var9x16-t4h10-sparse-LN-None",
          "rse", "rse/rse-tf-13-heavy-N8-B2-m6-b2-tiedouter",
          "routing-transformer", "routing/routing-25-T40-B1-lm-depth1-allprefixes");

  /** The example whose model is trained. */
  private static final String READS = "read-classifier";

  private static SequenceSettings settings(JobFile file) {
    return ((SequenceJob) file.definition()).settings();
  }

  static Stream<String> models() {
    return CASES.keySet().stream().sorted();
  }

  @ParameterizedTest
  @MethodSource("models")
  void theExampleOfEachFamilyCanRun(String name) throws IOException {
    JobFile file = JobFile.read(DEMO.resolve(name + ".yaml"), Map.of());
    assertThat(file.checkModel()).contains(name + "/1 (" + name + ")");
    assertThat(file.diagnostics()).isEmpty();
  }

  @Test
  void theReadClassifierCanRunOnChunksOfReads() throws IOException {
    JobFile file = JobFile.read(DEMO.resolve(READS + ".yaml"), Map.of());
    assertThat(file.checkModel()).contains("read-classifier/1 (chordmixer)");
    assertThat(file.diagnostics()).isEmpty();
    ModelDirectory model = ModelDirectory.read(Path.of(file.options().get(ModelOptions.MODEL)));
    assertThat(settings(file).fields().orElseThrow().alphabet().letters())
        .isEqualTo(model.config().text("alphabet"));
    assertThat(settings(file).windows())
        .contains(WindowOptions.once(model.config().size("max_seq_len")));
  }

  @Test
  void thereIsNoExampleWithoutATest() throws IOException {
    try (Stream<Path> files = Files.list(DEMO)) {
      assertThat(files.map(f -> f.getFileName().toString()).filter(f -> f.endsWith(".yaml")))
          .containsExactlyInAnyOrderElementsOf(
              Stream.concat(models(), Stream.of("dna", READS)).map(m -> m + ".yaml").toList());
    }
  }

  @Test
  void theExampleOfDnaIsTheAnnotationOnItsTopics() throws IOException {
    JobFile file = JobFile.read(DEMO.resolve("dna.yaml"), Map.of());
    assertThat(file.checkModel()).contains("dna-annotator/1 (dna-annotator)");
    assertThat(file.diagnostics()).isEmpty();
    assertThat(file.topics().in()).isEqualTo("sequencer.contigs");
    assertThat(file.topics().finals()).isEqualTo("lab.genes");
    assertThat(file.onKafka().name()).isEqualTo("riffle riffle.contigs annotation");
  }

  @Test
  void aJobOfDnaNamesNoFieldsAndNoModelOfScores() throws IOException {
    String yaml =
        Files.readString(DEMO.resolve("dna.yaml"))
            .replace("../models/dna-annotator/1", DEMO.resolve("models/lru/1").toString())
            .replace("sinks:\n", "fields: {token: t}\nsinks:\n  format: json\n");
    JobFile file = JobFile.of("job.yaml", yaml, AvroSchemas.NONE, Map.of());
    file.checkModel();
    assertThat(file.diagnostics().stream().map(m -> m.at("job.yaml")))
        .satisfiesExactlyInAnyOrder(
            m -> assertThat(m).contains("fields: expected no such section with format reads"),
            m -> assertThat(m).contains("sinks.format: expected no such key with format reads"),
            m -> assertThat(m).contains("model.directory", "but Gene is expected"));
  }

  @ParameterizedTest
  @MethodSource("models")
  void itsModelHoldsTheWeightsOfItsGoldenCase(String name, @TempDir Path dir) throws IOException {
    Path there = DEMO.resolve("models").resolve(name).resolve("1");
    if (Boolean.getBoolean("riffle.write-demo") && !Files.exists(there)) {
      write(name, there);
    }
    Path anew = dir.resolve(name).resolve("1");
    write(name, anew);
    for (String file : List.of("config.json", "model.safetensors", "provenance.json")) {
      assertThat(there.resolve(file))
          .as("write it: mvn -pl flink-jobs -am test -Dtest=DemoJobsTest -Driffle.write-demo=true")
          .hasSameBinaryContentAs(anew.resolve(file));
    }
  }

  private static void write(String name, Path directory) throws IOException {
    ObjectMapper mapper = new ObjectMapper();
    Safetensors golden = Safetensors.read(GOLDENS.resolve(CASES.get(name) + ".safetensors"));
    JsonNode described = mapper.readTree(golden.metadata().get("case"));
    Set<String> recorded = new HashSet<>();
    described.path("io_tensors").forEach(t -> recorded.add(t.asText()));
    SafetensorsWriter weights = new SafetensorsWriter();
    for (String tensor : golden.names()) {
      if (!recorded.contains(tensor)) {
        weights.add(tensor, golden.floats(tensor), golden.shape(tensor));
      }
    }
    ObjectNode config = mapper.createObjectNode().put("family", described.path("family").asText());
    config.setAll((ObjectNode) described.path("hparams"));
    ObjectNode provenance = mapper.createObjectNode();
    provenance.put("weights", "drawn, not trained: those of the golden case " + CASES.get(name));
    ModelDirectory.write(directory, config.toPrettyString() + "\n", weights, provenance.toString());
  }
}
