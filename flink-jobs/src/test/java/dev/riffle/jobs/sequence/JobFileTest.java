package dev.riffle.jobs.sequence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.riffle.jobs.registry.RegistryAccess;
import dev.riffle.jobs.registry.SecretReference;
import dev.riffle.jobs.registry.StubRegistry;
import dev.riffle.jobs.stream.FlinkOptions;
import dev.riffle.jobs.stream.KafkaOptions;
import dev.riffle.jobs.stream.ModelOptions;
import dev.riffle.jobs.stream.OperatorOptions;
import dev.riffle.jobs.stream.Topics;
import dev.riffle.kernels.Backends;
import dev.riffle.models.PredictAt;
import dev.riffle.models.WindowOptions;
import dev.riffle.operators.GapPolicy;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JobFileTest {
  private static final String LRU =
      DemoJobsTest.DEMO.resolve("models/lru/1").toAbsolutePath().normalize() + "";

  /** A job without problems; the model reads three values. */
  private static final String GOOD =
      """
      stream: test
      source:
        format: json
      fields:
        features: [x, y, z]
      model:
        directory: %s
      """
          .formatted(LRU);

  @TempDir Path dir;

  private static SequenceSettings settings(JobFile file) {
    return ((SequenceJob) file.definition()).settings();
  }

  private JobFile read(String yaml) {
    return read(yaml, Map.of());
  }

  private JobFile read(String yaml, Map<String, String> overrides) {
    try {
      Path file = dir.resolve("job.yaml");
      Files.writeString(file, yaml);
      return JobFile.read(file, overrides);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private List<String> problems(String yaml) {
    JobFile file = read(yaml);
    file.checkModel();
    return file.diagnostics().stream().map(m -> m.at("job.yaml")).toList();
  }

  // ---- values ----

  @Test
  void defaultsFollowFromTheNameOfTheStream() {
    JobFile file = read(GOOD);
    assertThat(file.checkModel()).contains("lru/1 (lru)");
    assertThat(file.diagnostics()).isEmpty();
    assertThat(file.topics()).isEqualTo(Topics.of("riffle", "test"));
    assertThat(file.options().get(KafkaOptions.GROUP_ID)).isEqualTo("riffle.test");
    assertThat(KafkaOptions.transactionalIdPrefix(file.options())).isEqualTo("riffle.test");
    assertThat(file.options().get(KafkaOptions.BOOTSTRAP)).isEqualTo("127.0.0.1:9092");
    assertThat(file.options().get(ModelOptions.BACKEND)).isEqualTo("cpu");
    assertThat(file.options().get(ModelOptions.MODEL)).isEqualTo(LRU);
    assertThat(settings(file).format())
        .contains(new RecordFormat(RecordFormat.Kind.JSON, null, false));
    assertThat(settings(file).fields())
        .contains(
            new EventFields(
                null,
                KeyEncoding.UTF_8,
                List.of("x", "y", "z"),
                0,
                null,
                null,
                null,
                null,
                null,
                null,
                null));
    assertThat(settings(file).answers()).isEqualTo(PredictAt.EVERY_STEP);
    assertThat(settings(file).jsonOutput()).isFalse();
  }

  @Test
  void aSequenceMayBeOneWindowOfLetters() {
    JobFile file =
        read(
            GOOD.replace(
                    "features: [x, y, z]",
                    "{token: t, alphabet: {letters: NACGT, other: N, ignore-case: true}}")
                .replace(
                    "models/lru/1", "models/chordmixer/1\n  window: {length: 99, stride: none}"));
    file.checkModel();
    assertThat(file.diagnostics()).isEmpty();
    assertThat(settings(file).fields().orElseThrow().alphabet())
        .isEqualTo(new Alphabet("NACGT", "N", true));
    assertThat(settings(file).windows()).contains(WindowOptions.once(99));
  }

  @Test
  void valuesOfTheFileAreUsed() {
    JobFile file =
        read(
            """
            stream: test
            namespace: mine
            source: {bootstrap: "broker:1", topic: readings, format: json}
            fields:
              key: who.id
              features: {field: v, width: 3}
              position: n
              time: {field: at, unit: us}
              start: first
              end: last
            model: {directory: %s, backend: reference, answers: last-step}
            sinks: {final: f, preview: p, sessions: s, dlq: d, format: json}
            options:
              gap-policy: reset
              group-id: ours
            """
                .formatted(LRU));
    file.checkModel();
    assertThat(file.diagnostics()).isEmpty();
    assertThat(file.topics()).isEqualTo(new Topics("readings", "p", "f", "s", "d"));
    assertThat(KafkaOptions.streamName(file.options())).isEqualTo("mine.test");
    assertThat(file.options().get(KafkaOptions.GROUP_ID)).isEqualTo("ours");
    assertThat(file.options().get(KafkaOptions.BOOTSTRAP)).isEqualTo("broker:1");
    assertThat(OperatorOptions.sequences(file.options()).gapPolicy()).isEqualTo(GapPolicy.RESET);
    assertThat(settings(file).fields())
        .contains(
            new EventFields(
                "who.id",
                KeyEncoding.UTF_8,
                List.of("v"),
                3,
                null,
                null,
                "n",
                "at",
                TimeUnit.MICROSECONDS,
                "first",
                "last"));
    assertThat(settings(file).answers()).isEqualTo(PredictAt.LAST_STEP);
    assertThat(settings(file).jsonOutput()).isTrue();
  }

  @Test
  void optionsOfTheCommandLineTakePrecedence() {
    JobFile file =
        read(
            GOOD + "options: {parallelism: 2}\n",
            Map.of("parallelism", "3", "stream", "other", "model", "/elsewhere/1"));
    assertThat(file.diagnostics()).isEmpty();
    assertThat(file.options().get(FlinkOptions.PARALLELISM)).isEqualTo(3);
    assertThat(file.options().get(ModelOptions.MODEL)).isEqualTo("/elsewhere/1");
    assertThat(file.topics().in()).isEqualTo("riffle.other.in.v1");
  }

  @Test
  void withoutPreviewThereIsNoTopicForIt() {
    JobFile file = read(GOOD + "options: {preview: false}\n");
    assertThat(file.diagnostics()).isEmpty();
    assertThat(file.topics().preview()).isNull();
    assertThat(file.topics().all()).hasSize(4);
  }

  @Test
  void itRunsElsewhereFromItsArguments() throws IOException {
    Files.writeString(dir.resolve("r.avsc"), SCHEMA);
    JobFile file =
        read(
            GOOD.replace("format: json", "format: avro\n  schema: r.avsc"),
            Map.of("parallelism", "2"));
    assertThat(file.diagnostics()).isEmpty();
    Files.delete(dir.resolve("r.avsc"));
    JobFile there = JobArguments.read(file.arguments().toArray(String[]::new));
    assertThat(there.diagnostics()).isEmpty();
    assertThat(settings(there)).isEqualTo(settings(file));
    assertThat(there.topics()).isEqualTo(file.topics());
    assertThat(there.options().arguments()).isEqualTo(file.options().arguments());
  }

  // ---- problems ----

  /** The message about an unknown backend. */
  private static String noBackend(String name) {
    return assertThrows(IllegalArgumentException.class, () -> Backends.find(name)).getMessage();
  }

  @Test
  void allProblemsAreReportedAtOnceWithPositionAndHint() {
    assertThat(
            problems(
                """
                strem: test
                source:
                  format: jsn
                  topic: a topic
                fields:
                  features: {field: v, widht: 3}
                  time: {field: at, unit: minutes}
                model:
                  directory: nowhere/1
                  backend: cpuu
                sinks:
                  final: same
                  dlq: same
                options:
                  gap-polcy: fill
                  max-batch-size: many
                  bootstrap: here:1
                  parallelism: 0
                """))
        .containsExactly(
            "job.yaml:1:1: expected one of stream, namespace, source, fields, model, sinks, options,"
                + " but found 'strem'; did you mean 'stream'?",
            "job.yaml:1:1: stream: expected a name for the job, but it is missing.",
            "job.yaml:3:11: source.format: expected riffle, json, avro or reads, but found 'jsn'; did you"
                + " mean 'json'?",
            "job.yaml:4:10: source.topic: expected a topic name of 1 to 249 letters, digits, '.',"
                + " '_' or '-', but found 'a topic'.",
            "job.yaml:6:3: fields.features.width: expected the numbers per step, but it is"
                + " missing.",
            "job.yaml:6:24: fields.features: expected one of field, width, but found 'widht'; did"
                + " you mean 'width'?",
            "job.yaml:7:27: fields.time.unit: expected s, ms, us, ns or iso-8601, but found"
                + " 'minutes'.",
            "job.yaml:9:14: model.directory: expected a model directory, but found"
                + " 'nowhere/1'. "
                + dir.resolve("nowhere/1")
                + " is not a model directory: expected <name>/<version>/ with config.json,"
                + " model.safetensors, provenance.json.",
            "job.yaml:10:12: model.backend: expected an available backend, but found 'cpuu';"
                + " did you mean 'cpu'? "
                + noBackend("cpuu"),
            "job.yaml:13:8: sinks.dlq: expected a different topic than that of sinks.final, but"
                + " found 'same'.",
            "job.yaml:15:14: options.gap-polcy: expected an option of docs/options.md, but found"
                + " 'gap-polcy'; did you mean 'gap-policy'?",
            "job.yaml:16:19: options.max-batch-size: expected a whole number, but found 'many'.",
            "job.yaml:17:14: options.bootstrap: expected the key source.bootstrap for this option, but found"
                + " 'bootstrap'. Move it there.",
            "job.yaml:18:16: options.parallelism: expected at least 1, but found '0'.");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          stream: test    | stream: [a, b]          | job.yaml:1:9: stream: expected one value, but found 'a list'.
          stream: test    | stream:                 | job.yaml:1:8: stream: expected one value, but it is missing.
          stream: test    | stream: a.b             | job.yaml:1:9: stream: expected 1 to 80 letters, digits, '_' or '-', as a part of topic names, but found 'a.b'.
          stream: test    | stream: a\\nstream: b   | job.yaml:2:1: stream: expected each key once, but found 'stream'. It is already set at line 1.
          stream: test    | stream: "a              | expected valid YAML
          format: json    | format:                 | job.yaml:3:10: source.format: expected one value, but it is missing.
          format: json    | fromat: json            | job.yaml:2:1: source.format: expected riffle, json, avro or reads, but it is missing.
          format: json    | format: avro            | job.yaml:2:1: source.schema: expected the file with the Avro schema, but it is missing.
          format: json    | format: avro\\n  schema: no.avsc | source.schema: expected a readable file, but found 'no.avsc'. The path is
          format: json    | format: json\\n  schema: no.avsc | job.yaml:4:11: source.schema: expected no such key unless the format is avro, but found 'schema'. Remove it.
          format: json    | format: json\\n  confluent-header: yes | source.confluent-header: expected true or false, but found 'yes'.
          format: json    | format: riffle          | job.yaml:4:1: fields: expected no such section with format riffle, whose records have fixed fields, but found 'fields'. Remove it
          [x, y, z]       | []                      | job.yaml:5:3: fields.features: expected at least one field, but found '[]'.
          [x, y, z]       | x                       | job.yaml:5:13: fields.features: expected a list of fields, or field and width, but found 'x'. Write [x] for one field of one number.
          [x, y, z]       | [x, y, x]               | fields.features: expected each field once, but found 'x'.
          [x, y, z]       | [x, [y], z]             | job.yaml:5:17: fields.features: expected the name of a field as each item of the list, but found 'a list'.
          [x, y, z]       | [x, .y, z]              | fields.features: expected the name of a field, or names separated by dots, but found '.y'.
          [x, y, z]       | [x, y]                  | job.yaml:5:3: fields.features: expected as many values as the model reads, but found '2 fields'. Model lru/1 reads 3 values per step
          [x, y, z]       | {field: v, width: 4}    | job.yaml:5:31: fields.features.width: expected as many values as the model reads, but found '4'. Model lru/1 reads 3
          [x, y, z]       | {field: v, width: no}   | fields.features.width: expected a whole number from 1 to 2147483647, but found 'no'.
          [x, y, z]       | {width: 3}              | fields.features.field: expected the field of the array, but it is missing.
          features: [x, y, z] | token: t            | job.yaml:5:10: fields.token: expected fields.features: the model reads values, not tokens, but found 't'.
          features: [x, y, z] | features: [x, y, z]\\n  alphabet: {letters: ab} | job.yaml:6:3: fields.alphabet: expected fields.token, the field with the letters, but found 'alphabet'.
          features: [x, y, z] | {token: t, alphabet: {other: N}} | fields.alphabet.letters: expected the letters, in the order of their tokens, but it is missing.
          features: [x, y, z] | {token: t, alphabet: {letters: ABA}} | fields.alphabet.letters: expected distinct visible ASCII characters, but found 'ABA'.
          features: [x, y, z] | {token: t, alphabet: {letters: aAb, ignore-case: true}} | fields.alphabet.letters: expected distinct visible ASCII characters, ignoring case, but found 'aAb'.
          features: [x, y, z] | {token: t, alphabet: {letters: "A B"}} | fields.alphabet.letters: expected distinct visible ASCII characters, but found 'A B'.
          features: [x, y, z] | {token: t, alphabet: {letters: AB, other: C}} | fields.alphabet.other: expected one of the letters AB, but found 'C'.
          features: [x, y, z] | {token: t, alphabet: {letters: AB, ignore-case: no}} | fields.alphabet.ignore-case: expected true or false, but found 'no'.
          features: [x, y, z] | {token: t, alphabet: AB} | fields.alphabet: expected keys such as letters, indented below it, but found 'AB'.
          features: [x, y, z] | position: n         | job.yaml:4:1: fields.features: expected the fields with the values of a step, or fields.token, but it is missing.
          features: [x, y, z] | features: [x, y, z]\\n  token: t | fields.token: expected fields.features or fields.token, not both, but found 't'.
          features: [x, y, z] | features: [x, y, z]\\n  time: at | job.yaml:6:9: fields.time: expected keys such as field, indented below it, but found 'at'.
          features: [x, y, z] | features: [x, y, z]\\n  time: {field: at} | fields.time.unit: expected s, ms, us, ns or iso-8601, but it is missing.
          model:          | modell:                 | job.yaml:1:1: model.directory: expected the version directory of the model, <name>/<version>, but it is missing.
          model:          | sinks: {format: xml}\\nmodel: | sinks.format: expected avro or json, but found 'xml'.
          model:          | sinks: {in: t}\\nmodel: | job.yaml:6:9: sinks: expected one of final, preview, sessions, dlq, format, but found 'in'.
          model:          | sinks: {final: riffle.test.in.v1}\\nmodel: | sinks.final: expected a different topic than that of source.topic
          model:          | model:\\n  answers: all  | model.answers: expected every-step or last-step, but found 'all'.
          model:          | options: {parallelism: 200}\\nmodel: | job.yaml:6:1: options.max-parallelism: expected at least 200, but it is missing.
          model:          | options: {second-pass: d}\\nmodel: | options.second-pass: expected no option of the job transcription, but found 'd'. Remove it.
          model:          | options: [a]\\nmodel: | job.yaml:6:10: options: expected option: value, indented below it, but found 'a list'.
          """)
  void aProblemIsExplained(String good, String bad, String message) {
    assertThat(GOOD).contains(good);
    String yaml = GOOD.replace(good, bad == null ? "" : bad.replace("\\n", "\n"));
    assertThat(problems(yaml)).anySatisfy(m -> assertThat(m).contains(message));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          lru                 | features: [x, y, z] | window: {length: 8}           | job.yaml:8:3: model.window: expected no window: lru/1 predicts after each step, but found 'a window'. Remove it
          rse                 | features: {field: v, width: 6} | backend: cpu       | job.yaml:6:1: model.window.length: expected the steps per window, as rse/1 reads windows, but it is missing.
          rse                 | features: {field: v, width: 6} | window: {stride: 8} | job.yaml:8:3: model.window.length: expected the steps per window, but it is missing.
          rse                 | features: {field: v, width: 6} | window: {length: 33} | job.yaml:8:20: model.window.length: expected a length that the model can read, but found '33'.
          rse                 | features: {field: v, width: 5} | window: {length: 32} | job.yaml:5:31: fields.features.width: expected as many values as the model reads, but found '5'.
          rse                 | token: t            | window: {length: 32}          | job.yaml:5:10: fields.token: expected fields.features: the model reads values, not tokens, but found 't'.
          rse                 | token: t            | backend: cpu                  | fields.token: expected fields.features: the model reads values, not tokens, but found 't'.
          chordmixer          | features: [x]       | window: {length: 32}          | job.yaml:5:3: fields.features: expected fields.token: the model reads tokens from 0 to 19, but found 'features'.
          chordmixer          | token: t            | window: {length: 2049}        | model.window.length: expected a length that the model can read, but found '2049'.
          routing-transformer | token: t            | window: {length: 65}          | model.window.length: expected a length that the model can read, but found '65'.
          routing-transformer | token: t            | window: {length: 64, stride: 0} | job.yaml:8:32: model.window.stride: expected a whole number from 1 to 2147483647, or none, but found '0'.
          routing-transformer | token: t            | window: {length: 64, stride: no} | expected a whole number from 1 to 2147483647, or none, but found 'no'.
          chordmixer          | token: t            | window: {length: 2049, stride: none} | model.window.length: expected a length that the model can read, but found '2049'.
          chordmixer          | {token: t, alphabet: {letters: abcdefghijklmnopqrstu}} | window: {length: 32} | job.yaml:5:34: fields.alphabet.letters: expected at most 20 letters, one for each token of the model, but found 'abcdefghijklmnopqrstu'.
          routing-transformer | token: t            | window: 64                    | job.yaml:8:11: model.window: expected keys such as length, indented below it, but found '64'.
          routing-transformer | token: t            | window: {length: 64}\\n  answers: last-step | job.yaml:9:12: model.answers: expected no such key with model.window
          """)
  void aWindowIsCheckedAgainstTheModel(String model, String steps, String window, String message) {
    String yaml =
        GOOD.replace("features: [x, y, z]", steps).replace("models/lru/1", "models/" + model + "/1")
            + "  "
            + window.replace("\\n", "\n")
            + "\n";
    assertThat(problems(yaml)).anySatisfy(m -> assertThat(m).contains(message));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "features: x",
        "features:",
        "token:",
        "key: id",
        "features: []",
        "features: [x, y, [z]]",
        "features: {field: v, width: some}",
        "features: {field: v}",
        "features: [x, y, z]\n  time: {field: at, unit: minutes}"
      })
  void aProblemCausesNoOther(String fields) {
    assertThat(problems(GOOD.replace("features: [x, y, z]", fields))).hasSize(1);
  }

  @Test
  void aProblemHidesNoOther() {
    String fields = "features: [x, y]\n  time: {field: at, unit: minutes}";
    assertThat(problems(GOOD.replace("features: [x, y, z]", fields)))
        .hasSize(2)
        .anySatisfy(m -> assertThat(m).contains("2 fields"));
  }

  @Test
  void aTranscriberIsRefused() {
    String yaml = GOOD.replace("jobs/models/lru/1", "models/lru-transcriber/1");
    assertThat(problems(yaml))
        .singleElement()
        .asString()
        .startsWith("job.yaml:7:14: model.directory: expected a model that can be loaded")
        .contains("predicts Note, but PredictionValues is expected here");
  }

  @Test
  void aFileWithoutAJobIsOneProblem() {
    assertThat(problems(""))
        .containsExactly("job.yaml:1:1: expected keys and values, but it is missing.");
    assertThat(problems("- a\n- b\n"))
        .containsExactly("job.yaml:1:1: expected keys and values, but found 'a list'.");
    assertThat(problems("stream: a\n  source: b\n"))
        .singleElement()
        .asString()
        .startsWith("job.yaml:2:9: expected valid YAML")
        .endsWith("Check indentation and quotes.");
  }

  // ---- the writer's schema ----

  @Test
  void theWritersSchemaIsReadAndGoesWithTheArguments() throws Exception {
    Files.writeString(dir.resolve("new.avsc"), SCHEMA.replaceFirst("\\[", "[" + ADDED));
    Files.writeString(dir.resolve("old.avsc"), SCHEMA);
    String yaml =
        GOOD.replace("format: json", "format: avro\n  schema: new.avsc\n  writer-schema: old.avsc");

    JobFile file = read(yaml);
    assertThat(file.diagnostics()).isEmpty();
    assertThat(settings(file).format().orElseThrow().writerSchema()).isEqualTo(SCHEMA);
    JobFile there = JobArguments.read(file.arguments().toArray(String[]::new));
    assertThat(settings(there).format()).isEqualTo(settings(file).format());

    Files.writeString(
        dir.resolve("new.avsc"),
        SCHEMA.replaceFirst("\\[", "[" + ADDED.replace(", \"default\": 0", "")));
    assertThat(read(yaml).diagnostics().get(0).message())
        .startsWith(
            "source.writer-schema: expected a schema whose records can be read as source.schema,"
                + " but found 'old.avsc'. Avro reports: added at /fields/0")
        .endsWith("A field that is added needs a default.");
    assertThat(read(yaml.replace("old.avsc", "no.avsc")).diagnostics().get(0).message())
        .startsWith("source.writer-schema: expected a readable file, but found 'no.avsc'");
    assertThat(read(yaml.replace("avro\n  schema: new.avsc", "json")).diagnostics())
        .extracting(Diagnostic::message)
        .contains(
            "source.writer-schema: expected no such key unless the format is avro, but found"
                + " 'writer-schema'. Remove it.");
  }

  @Test
  void aWriterSchemaHasNoArraysOfItemsWithoutBytes() throws IOException {
    String yaml =
        GOOD.replace("format: json", "format: avro\n  schema: new.avsc\n  writer-schema: old.avsc");
    Files.writeString(dir.resolve("new.avsc"), SCHEMA);
    for (String items :
        List.of(
            "\"null\"",
            "{\"type\": \"fixed\", \"name\": \"Nothing\", \"size\": 0}",
            "{\"type\": \"record\", \"name\": \"Nothing\", \"fields\": []}",
            "{\"type\": \"array\", \"items\": \"null\"}")) {
      String array =
          "{\"name\": \"more\", \"type\": {\"type\": \"array\", \"items\": " + items + "}}, ";
      Files.writeString(dir.resolve("old.avsc"), SCHEMA.replaceFirst("\\[", "[" + array));
      assertThat(read(yaml).diagnostics())
          .extracting(Diagnostic::message)
          .containsExactly(
              "source.writer-schema: expected a schema without arrays of items that take no bytes,"
                  + " such as null, but found 'old.avsc'. A few bytes of a record could contain any"
                  + " number of them.");
    }
  }

  // ---- the schema registry ----

  private String registry(String... keys) throws IOException {
    Files.writeString(dir.resolve("r.avsc"), SCHEMA);
    return GOOD.replace(
        "format: json", "format: avro\n  schema: r.avsc\n  " + String.join("\n  ", keys));
  }

  @Test
  void theRegistryGoesWithTheArgumentsAndItsCredentialsDoNot() throws Exception {
    Path login = Files.writeString(dir.resolve("login"), "me:secret");
    JobFile file =
        read(
            registry(
                "registry: https://registry.example:8081/apis/ccompat/v7/",
                "registry-credentials: ${file:" + login + "}"));
    assertThat(file.diagnostics()).isEmpty();
    RecordFormat format = settings(file).format().orElseThrow();
    assertThat(format.header()).isTrue();
    assertThat(format.registry())
        .isEqualTo(
            new RegistryAccess(
                "https://registry.example:8081/apis/ccompat/v7",
                new SecretReference(SecretReference.Kind.FILE, login.toString())));
    assertThat(file.arguments().toString()).doesNotContain("secret");
    JobFile there = JobArguments.read(file.arguments().toArray(String[]::new));
    assertThat(settings(there).format()).isEqualTo(settings(file).format());
    JobFile plain = read(registry("registry: http://r:1", "confluent-header: true"));
    assertThat(plain.diagnostics()).isEmpty();
    assertThat(settings(plain).format().orElseThrow().registry())
        .isEqualTo(new RegistryAccess("http://r:1", null));
  }

  @ParameterizedTest
  @CsvSource({
    "http://me:secret@host:8081, http://host:8081",
    "http://me:sec/ret@host:8081/p, http://host:8081/p",
    "https://secret@host, https://host",
    "me:secret@host:8081, host:8081",
    "http://me:secret@@host?x=secret, http://host",
    "http://host/?apikey=secret, http://host/",
    "http://host/#secret, http://host/",
  })
  void aUrlWithCredentialsIsRefusedWithoutThem(String url, String shown) throws IOException {
    JobFile file = read(registry("registry: \"" + url + "\""));
    assertThat(file.diagnostics())
        .singleElement()
        .satisfies(
            problem ->
                assertThat(problem.toString() + problem.message())
                    .contains(
                        "source.registry: expected an http or https URL such as"
                            + " https://registry.example:8081, without user, password and query,"
                            + " but found '"
                            + shown
                            + "'.")
                    .doesNotContain("secret")
                    .doesNotContain("ret@")
                    .doesNotContain("me:"));
    assertThat(file.diagnostics().get(0).advice().hint().isPresent()).isEqualTo(url.contains("@"));
    assertThatThrownBy(file::requireValid).hasMessageNotContaining("secret");
  }

  @ParameterizedTest
  @ValueSource(strings = {"registry:8081", "ftp://host", "http://", "'http://a b'", "/schemas"})
  void aRegistryIsAUrl(String url) throws IOException {
    assertThat(read(registry("registry: " + url)).diagnostics())
        .extracting(Diagnostic::message)
        .singleElement()
        .asString()
        .startsWith("source.registry: expected an http or https URL");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "me:secret",
        "secret",
        "${secret}",
        "${env:se-cret}",
        "'${file:se/cret}'",
        "'$secret'"
      })
  void credentialsInTheFileAreRefusedAndNotRepeated(String text) throws IOException {
    JobFile file = read(registry("registry: http://host", "registry-credentials: " + text));
    assertThat(file.diagnostics())
        .singleElement()
        .satisfies(
            problem ->
                assertThat(problem.toString() + problem.message())
                    .contains(
                        "source.registry-credentials: expected ${env:NAME} or ${file:/PATH}, but"
                            + " found 'another text'.")
                    .doesNotContain("cret}")
                    .doesNotContain("secret"));
  }

  @Test
  void keysThatDoNotFitTheRegistryAreReported() throws IOException {
    Files.writeString(dir.resolve("w.avsc"), SCHEMA);
    assertThat(
            read(registry(
                    "registry: http://host", "writer-schema: w.avsc", "confluent-header: false"))
                .diagnostics())
        .extracting(Diagnostic::message)
        .containsExactly(
            "source.writer-schema: expected no such key with source.registry, which has the"
                + " writers' schemas, but found 'writer-schema'. Remove it.",
            "source.confluent-header: expected true with source.registry: the header contains the"
                + " id of the schema, but found 'false'. Remove one of the two keys.");
    assertThat(read(registry("registry-credentials: ${env:A}")).diagnostics())
        .extracting(Diagnostic::message)
        .containsExactly(
            "source.registry-credentials: expected no such key without source.registry, but found"
                + " 'registry-credentials'. Remove it.");
    assertThat(
            read(GOOD.replace("format: json", "format: json\n  registry: http://host"))
                .diagnostics())
        .extracting(Diagnostic::message)
        .containsExactly(
            "source.registry: expected no such key unless the format is avro, but found"
                + " 'registry'. Remove it.");
  }

  @Test
  void theRegistryIsAskedBeforeTheJobStarts() throws IOException {
    try (StubRegistry stub = new StubRegistry()) {
      JobFile file = read(registry("registry: " + stub.url()));
      file.requireRegistry();
      assertThat(stub.requests()).containsExactly("/schemas/types");
      for (int status : new int[] {401, 403, 302, 400}) {
        stub.next(new StubRegistry.Answer(status));
        assertThatThrownBy(file::requireRegistry)
            .isInstanceOf(IllegalStateException.class)
            .hasMessageStartingWith("The schema registry " + stub.url() + " ");
      }
      read(GOOD).requireRegistry();
    }
  }

  /** Avro throws several kinds of exceptions about them. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"no.such.Type\"",
        "{\"type\": \"record\"}",
        "{\"type\": \"record\", \"name\": \"R\", \"fields\": [{\"name\": \"f\", \"type\": \"X\"}]}",
        "{\"type\": \"enum\", \"name\": \"E\", \"symbols\": [\"a\", \"a\"]}",
        "{\"type\": \"fixed\", \"name\": \"F\", \"size\": -1}",
        "[\"int\", \"int\"]",
        "",
        "null"
      })
  void aSchemaThatAvroRejectsIsReported(String schema) throws IOException {
    String yaml = registry();
    Files.writeString(dir.resolve("r.avsc"), schema);
    assertThat(read(yaml).diagnostics())
        .extracting(Diagnostic::message)
        .first()
        .asString()
        .startsWith("source.schema: expected ");
  }

  private static final String ADDED = "{\"name\": \"added\", \"type\": \"int\", \"default\": 0}, ";

  // ---- fields against an Avro schema ----

  private static final String SCHEMA =
      """
      {"type": "record", "name": "Reading", "fields": [
        {"name": "x", "type": "float"}, {"name": "y", "type": ["null", "double"]},
        {"name": "z", "type": "int"}, {"name": "name", "type": "string"},
        {"name": "at", "type": "long"}, {"name": "last", "type": "boolean"},
        {"name": "all", "type": {"type": "array", "items": "float"}},
        {"name": "in", "type": {"type": "record", "name": "Inner", "fields": [
          {"name": "deep", "type": "float"}]}}]}
      """;

  private List<String> against(String... fields) throws IOException {
    Files.writeString(dir.resolve("r.avsc"), SCHEMA);
    String yaml =
        GOOD.replace("format: json", "format: avro\n  schema: r.avsc")
            .replace("  features: [x, y, z]", "  " + String.join("\n  ", fields));
    return problems(yaml);
  }

  @Test
  void fieldsOfTheSchemaAreAccepted() throws IOException {
    assertThat(against("features: [x, y, z]", "key: name", "end: last", "position: at")).isEmpty();
    assertThat(against("features: {field: all, width: 3}", "time: {field: at, unit: ms}"))
        .isEmpty();
    assertThat(against("features: [x, y, in.deep]", "time: {field: name, unit: iso-8601}"))
        .isEmpty();
  }

  @Test
  void anAlphabetNeedsTextOrBytes() throws IOException {
    assertThat(against("token: x", "alphabet: {letters: NACGT}"))
        .contains(
            "job.yaml:6:10: fields.token: expected a field of type string or bytes, but found 'x of"
                + " type float'.");
    assertThat(against("token: name", "alphabet: {letters: NACGT}"))
        .noneMatch(m -> m.contains("expected a field of type"));
  }

  @Test
  void fieldsMissingFromTheSchemaAreReportedWithASuggestion() throws IOException {
    assertThat(against("features: [x, y, in.depe]", "key: nam", "end: z"))
        .containsExactly(
            "job.yaml:6:3: fields.features: expected a field of Inner (deep), but found 'in.depe';"
                + " did you mean 'deep'?",
            "job.yaml:7:8: fields.key: expected a field of Reading (x, y, z, name, at, last, all,"
                + " in), but found 'nam'; did you mean 'name'?",
            "job.yaml:8:8: fields.end: expected a field of type boolean, but found 'z of type"
                + " int'.");
    assertThat(against("features: [x, y.q, all]", "time: {field: at, unit: iso-8601}"))
        .containsExactly(
            "job.yaml:6:3: fields.features: expected no name after double, which has no fields, but"
                + " found 'y.q'.",
            "job.yaml:6:3: fields.features: expected a field of type int or long or float or double,"
                + " but found 'all of type array of float'.",
            "job.yaml:7:17: fields.time.field: expected a field of type string, but found 'at of"
                + " type long'.");
    assertThat(against("features: {field: x, width: 3}"))
        .containsExactly(
            "job.yaml:6:21: fields.features.field: expected a field of type an array of int or long"
                + " or float or double, but found 'x of type float'.");
  }

  @Test
  void anInvalidSchemaIsReportedWithTheReason() throws IOException {
    Files.writeString(dir.resolve("bad.avsc"), "{\"type\": \"recrd\"}");
    Files.writeString(dir.resolve("text.avsc"), "\"string\"");
    String yaml = GOOD.replace("format: json", "format: avro\n  schema: bad.avsc");
    assertThat(problems(yaml))
        .singleElement()
        .asString()
        .contains("source.schema: expected an Avro schema, but found 'bad.avsc'. Avro reports:");
    for (String broken :
        List.of(
            "{\"type\": \"record\",\n \"fields\": [\n",
            "{\"type\": \"record\",\n\n  name: \"X\"}",
            "{\"type\" \n : \"record\",, \"name\": \"X\"}")) {
      Files.writeString(dir.resolve("bad.avsc"), broken);
      assertThat(problems(yaml))
          .singleElement()
          .asString()
          .containsPattern("found 'bad.avsc'. bad.avsc:[23]:\\d+: Unexpected [^\n]*\\.$")
          .doesNotContain("REDACTED");
    }
    assertThat(problems(yaml.replace("bad.avsc", "text.avsc")))
        .singleElement()
        .asString()
        .contains("expected the schema of a record, not of type STRING, but found 'text.avsc'");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          "flaot"                                                        | It names the type 'flaot', which it does not define.
          "a.b.Reading"                                                  | It names the type 'a.b.Reading', which it does not define.
          {"type": "record", "name": "R", "fields": [{"name": "x", "type": "flaot"}]} | It names the type 'flaot', which it does not define.
          {"type": "record", "name": "R", "fields": [{"name": "x", "type": "int", "default": "no"}]} | Invalid default for field x
          {"type": "record", "name": "R", "namespace": "n", "fields": [{"name": "x", "type": "bool", "default": true}]} | It names the type 'n.bool', which it does not define.
          {"type": "fixed", "name": "F", "size": 2147483647}              | Avro reports: Cannot read arrays longer than
          {"type": "record", "name": "R", "fields": [{"name": "m", "type": {"type": "map", "values": "S"}}]} | It names the type 'S', which it does not define.
          """)
  void aSchemaThatAvroDoesNotExplainIsExplained(String schema, String reason) throws IOException {
    Files.writeString(dir.resolve("bad.avsc"), schema);
    assertThat(problems(GOOD.replace("format: json", "format: avro\n  schema: bad.avsc")))
        .singleElement()
        .asString()
        .contains("source.schema: expected an Avro schema, but found 'bad.avsc'. ")
        .contains(reason)
        .doesNotContain("nresolved");
  }

  @ParameterizedTest
  @ValueSource(strings = {"\u00ff\u00fe{", "{\"type\": \"r\u00e9cord\"}", "\u0080"})
  void aSchemaInAnotherEncodingIsReported(String latin) throws IOException {
    Files.write(dir.resolve("bad.avsc"), latin.getBytes(StandardCharsets.ISO_8859_1));
    assertThat(problems(GOOD.replace("format: json", "format: avro\n  schema: bad.avsc")))
        .singleElement()
        .asString()
        .contains("source.schema: expected a text file in UTF-8, but found 'bad.avsc'.");
  }

  @Test
  void nestingIsLimited() {
    for (String deep :
        List.of("a: " + "[".repeat(20_000), "{a: ".repeat(20_000), "- ".repeat(60) + "x")) {
      assertThat(problems(deep))
          .singleElement()
          .asString()
          .contains("expected at most 50 levels of lists and sections, but found 'deeper nesting'");
    }
  }

  // ---- the page ----

  @Test
  void theExampleOfThePageIsThatOfTheDemo() throws IOException {
    assertThat(Files.readString(Path.of("..", "docs", "jobs.md")))
        .contains("```yaml\n" + Files.readString(DemoJobsTest.DEMO.resolve("lru.yaml")) + "```\n");
  }

  @Test
  void everyKeyIsOnThePage() throws IOException {
    Path page = Path.of("..", "docs", "jobs.md");
    String begin = "<!-- keys -->\n";
    String end = "<!-- end of keys -->\n";
    String text = Files.readString(page);
    int from = text.indexOf(begin) + begin.length();
    int to = text.indexOf(end);
    if (Boolean.getBoolean("riffle.write-docs")) {
      text = text.substring(0, from) + JobKey.table() + text.substring(to);
      Files.writeString(page, text);
      to = text.indexOf(end);
    }
    assertThat(text.substring(from, to))
        .as("rewrite it: mvn -pl flink-jobs -am test -Dtest=JobFileTest -Driffle.write-docs=true")
        .isEqualTo(JobKey.table());
    assertThat(Arrays.stream(JobKey.values()).map(JobKey::path)).doesNotHaveDuplicates();
  }
}
