package dev.riffle.jobs.sequence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.riffle.jobs.registry.StubRegistry;
import dev.riffle.jobs.stream.DirectoryModel;
import dev.riffle.jobs.stream.FlinkOptions;
import dev.riffle.jobs.stream.KafkaOptions;
import dev.riffle.jobs.stream.ModelOptions;
import dev.riffle.jobs.stream.TopicProbe;
import dev.riffle.local.LocalCluster;
import dev.riffle.local.LocalServices;
import dev.riffle.local.RunningJob;
import dev.riffle.models.BatchItem;
import dev.riffle.models.Format;
import dev.riffle.models.PredictionValues;
import dev.riffle.models.StreamModel;
import dev.riffle.models.StreamRunner;
import dev.riffle.schemas.AvroCodec;
import dev.riffle.schemas.record.DeadLetter;
import dev.riffle.schemas.record.Prediction;
import dev.riffle.schemas.record.ReadChunk;
import dev.riffle.schemas.record.SequenceEvent;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Examples of {@code demo/jobs} between a real broker's topics, on a cluster in this JVM. */
class SequenceIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final long START = 1_700_000_000_000L;
  private static final List<String> KEYS = List.of("a", "b", "c");

  @RegisterExtension static final LocalServices SERVICES = new LocalServices();

  private static LocalCluster cluster;
  private static TopicProbe probe;

  private final Random random = new Random(1);

  @BeforeAll
  static void connect() {
    cluster = SERVICES.cluster();
    probe = new TopicProbe(SERVICES.bootstrap());
  }

  @Test
  void readingsInJsonAreAnsweredInJsonAsTheModelAnswersThem() throws Exception {
    JobFile file = job("lru", Map.of("bounded", "true"));
    Map<String, float[]> steps = new TreeMap<>();
    KEYS.forEach(key -> steps.put(key, values(40 * 3)));
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      for (String key : KEYS) {
        // the producer swaps each third record of five with the next, and sends each seventh twice
        int n = i % 5 == 2 ? i + 1 : i % 5 == 3 ? i - 1 : i;
        float[] v = steps.get(key);
        String json =
            String.format(
                "{\"machine\": \"%s\", \"n\": %d, \"at\": %d, \"stopped\": %s,"
                    + " \"axes\": {\"x\": %s, \"y\": %s, \"z\": %s}}",
                key, n, START + n, n == 39, v[3 * n], v[3 * n + 1], v[3 * n + 2]);
        ProducerRecord<byte[], byte[]> record =
            record(file, key, json.getBytes(StandardCharsets.UTF_8));
        records.add(record);
        if (i % 7 == 0) {
          records.add(record);
        }
      }
    }
    records.add(100, record(file, "a", "{\"machine\": \"a\"}".getBytes(StandardCharsets.UTF_8)));
    probe.send(records);
    run(file);

    ObjectMapper mapper = new ObjectMapper();
    Map<String, List<float[]>> found = new TreeMap<>();
    for (ConsumerRecord<byte[], byte[]> record : probe.read(file.topics().finals())) {
      JsonNode node = mapper.readTree(record.value());
      List<float[]> answers =
          found.computeIfAbsent(node.path("sequence_id").asText(), k -> new ArrayList<>());
      assertThat(node.path("position").asLong()).isEqualTo(answers.size());
      assertThat(record.timestamp()).isEqualTo(START + answers.size());
      float[] values = new float[node.path("values").size()];
      for (int i = 0; i < values.length; i++) {
        values[i] = node.path("values").get(i).floatValue();
      }
      answers.add(values);
    }
    Map<String, List<dev.riffle.models.Prediction<PredictionValues>>> expected =
        direct(file, steps, 3);
    assertThat(found.keySet()).isEqualTo(expected.keySet());
    expected.forEach(
        (key, outputs) -> {
          assertThat(outputs).hasSize(40);
          assertThat(found.get(key)).hasSize(40);
          for (int i = 0; i < 40; i++) {
            assertThat(found.get(key).get(i)).isEqualTo(outputs.get(i).value().values());
          }
        });
    assertThat(probe.read(file.topics().deadLetters()))
        .singleElement()
        .satisfies(
            letter ->
                assertThat(AvroCodec.of(DeadLetter.class).decode(letter.value()).getError())
                    .contains("Expected a number in 'axes.x' but it is missing"));
  }

  @Test
  void piecesInAvroAreAnsweredOncePerPiece() throws Exception {
    JobFile file = job("qrnn", Map.of("bounded", "true"));
    Map<String, float[]> steps = new TreeMap<>();
    KEYS.forEach(key -> steps.put(key, values(30 * 4)));
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      for (String key : KEYS) {
        records.add(record(file, key, piece(steps.get(key), i)));
      }
    }
    probe.send(records);
    run(file);

    assertEachPieceIsAnsweredAsByTheModel(file, steps);
    assertThat(probe.read(file.topics().deadLetters())).isEmpty();
  }

  /** The registry refuses the first request, so that the attempt fails: no record is lost. */
  @Test
  void piecesOfTwoWritersAreReadThroughARegistry(@TempDir Path dir) throws Exception {
    Schema schema = new Schema.Parser().parse(DemoJobsTest.DEMO.resolve("qrnn.avsc").toFile());
    Schema former =
        new Schema.Parser()
            .parse(
                schema
                    .toString()
                    .replaceFirst(",\\{\"name\":\"last\".*?}", "")
                    .replaceFirst("\\[", "[{\"name\":\"origin\",\"type\":\"string\"},"));
    assertThat(former.getFields())
        .extracting(Schema.Field::name)
        .containsExactly("origin", "begins", "steps", "first");
    try (StubRegistry registry = new StubRegistry()) {
      registry.register(41, former.toString());
      registry.register(42, schema.toString());
      registry.next(new StubRegistry.Answer(401));
      String demo = DemoJobsTest.DEMO.toAbsolutePath().normalize() + "/";
      Path yaml =
          Files.writeString(
              dir.resolve("job.yaml"),
              Files.readString(DemoJobsTest.DEMO.resolve("qrnn.yaml"))
                  .replace("stream: trips", "stream: registered")
                  .replace("trips.pieces", "registered.pieces")
                  .replace("qrnn.avsc", demo + "qrnn.avsc")
                  .replace("models/qrnn", demo + "models/qrnn")
                  .replace("confluent-header: true", "registry: " + registry.url()));
      JobFile file = at(yaml, Map.of("bounded", "true", "restart-delay", "100ms"));
      Map<String, float[]> steps = new TreeMap<>();
      KEYS.forEach(key -> steps.put(key, values(30 * 4)));
      List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        for (String key : KEYS) {
          byte[] value =
              i < 5 ? piece(steps.get(key), i, former, 41) : piece(steps.get(key), i, schema, 42);
          records.add(record(file, key, value));
        }
      }
      records.add(record(file, "a", piece(steps.get("a"), 3, schema, 43)));
      probe.send(records);
      run(file);

      assertEachPieceIsAnsweredAsByTheModel(file, steps);
      assertThat(probe.read(file.topics().deadLetters()))
          .singleElement()
          .satisfies(
              letter ->
                  assertThat(AvroCodec.of(DeadLetter.class).decode(letter.value()).getError())
                      .startsWith("Schema id 43 is not in the registry " + registry.url()));
      assertThat(registry.requests()).hasSizeBetween(4, 9).allMatch(r -> r.contains("/ids/4"));
    }
  }

  /** Ten pieces of three steps of each key, each answered after its last step. */
  private static void assertEachPieceIsAnsweredAsByTheModel(
      JobFile file, Map<String, float[]> steps) throws IOException {
    Map<String, List<Prediction>> found = predictions(file.topics().finals());
    Map<String, List<dev.riffle.models.Prediction<PredictionValues>>> expected =
        direct(file, steps, 4);
    assertThat(found.keySet()).isEqualTo(expected.keySet());
    expected.forEach(
        (key, outputs) -> {
          List<Prediction> answers = found.get(key);
          assertThat(answers).hasSize(10);
          for (int i = 0; i < 10; i++) {
            assertThat(answers.get(i).getPosition()).isEqualTo(3 * i + 2);
            assertThat(values(answers.get(i))).isEqualTo(outputs.get(3 * i + 2).value().values());
          }
        });
  }

  @Test
  void lettersInWindowsAreAnsweredAsTheModelAnswersThem() throws Exception {
    JobFile file = job("chordmixer", Map.of("bounded", "true"));
    Map<String, float[]> steps = new TreeMap<>();
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (String key : KEYS) {
      int length = 150 + 10 * steps.size(); // the last window is shorter
      float[] letters = new float[length];
      for (int i = 0; i < length; i++) {
        letters[i] = random.nextInt(20);
      }
      steps.put(key, letters);
      for (int from = 0, size = 0; from < length; from += size) {
        size = Math.min(length - from, 1 + random.nextInt(40));
        List<Integer> some = new ArrayList<>();
        for (int i = from; i < from + size; i++) {
          some.add((int) letters[i]);
        }
        String json = "{\"letters\": " + some + ", \"end\": " + (from + size == length) + "}";
        records.add(record(file, key, json.getBytes(StandardCharsets.UTF_8)));
      }
    }
    probe.send(records);
    run(file);

    ObjectMapper mapper = new ObjectMapper();
    Map<String, List<dev.riffle.models.Prediction<PredictionValues>>> expected =
        direct(file, steps, 1);
    Map<String, Integer> seen = new TreeMap<>();
    for (ConsumerRecord<byte[], byte[]> record : probe.read(file.topics().finals())) {
      JsonNode node = mapper.readTree(record.value());
      String key = node.path("sequence_id").asText();
      PredictionValues scores = expected.get(key).get(seen.merge(key, 1, Integer::sum) - 1).value();
      assertThat(node.path("position").asLong()).isEqualTo(scores.first());
      assertThat(node.path("length").asInt()).isEqualTo(scores.steps());
      assertThat(node.path("values")).hasSize(2);
      for (int i = 0; i < 2; i++) {
        assertThat(node.path("values").get(i).floatValue()).isEqualTo(scores.values()[i]);
      }
    }
    assertThat(seen).isEqualTo(Map.of("a", 4, "b", 4, "c", 5));
    expected.forEach((key, outputs) -> assertThat(outputs).hasSize(seen.get(key)));
    assertThat(probe.read(file.topics().deadLetters())).isEmpty();
  }

  /** The shortest have one base and no block, the longest 13 blocks; all end in the same moment. */
  @Test
  void readsOfVeryDifferentLengthsAreAnsweredAsIfEachWereAlone() throws Exception {
    JobFile file = job("read-classifier", Map.of("bounded", "true"));
    int[] lengths = {1, 5000, 200, 256, 2, 257, 900, 40, 3000, 513, 1500, 64};
    AvroCodec<ReadChunk> codec = AvroCodec.of(ReadChunk.class);
    Map<String, float[]> steps = new TreeMap<>();
    List<ProducerRecord<byte[], byte[]>> begun = new ArrayList<>();
    List<ProducerRecord<byte[], byte[]>> ends = new ArrayList<>();
    for (int length : lengths) {
      String key = "read-" + length;
      byte[] bases = new byte[length];
      float[] tokens = new float[length];
      for (int i = 0; i < length; i++) {
        tokens[i] = random.nextInt(5);
        bases[i] = (byte) "RacGt".charAt((int) tokens[i]); // R, a purine, is read as N
      }
      steps.put(key, tokens);
      int last = Math.max(0, length - 180);
      for (int from = 0; from < last; from += 700) {
        int to = Math.min(last, from + 700);
        begun.add(record(file, key, codec.encode(chunk(key, bases, from, to))));
      }
      ends.add(record(file, key, codec.encode(chunk(key, bases, last, length))));
    }
    probe.send(begun);
    probe.send(ends);
    run(file);

    ObjectMapper mapper = new ObjectMapper();
    Map<String, List<dev.riffle.models.Prediction<PredictionValues>>> expected =
        direct(file, steps, 1);
    List<String> seen = new ArrayList<>();
    for (ConsumerRecord<byte[], byte[]> record : probe.read(file.topics().finals())) {
      JsonNode node = mapper.readTree(record.value());
      String key = node.path("sequence_id").asText();
      seen.add(key);
      assertThat(expected.get(key)).hasSize(1);
      assertThat(node.path("position").asLong()).isZero();
      assertThat(node.path("length").asInt()).isEqualTo(steps.get(key).length);
      float[] values = expected.get(key).get(0).value().values();
      assertThat(node.path("values")).hasSize(values.length);
      for (int i = 0; i < values.length; i++) {
        assertThat(node.path("values").get(i).floatValue()).isEqualTo(values[i]);
      }
    }
    assertThat(seen).containsExactlyInAnyOrderElementsOf(steps.keySet());
    assertThat(probe.read(file.topics().deadLetters())).isEmpty();
  }

  private static ReadChunk chunk(String key, byte[] bases, int from, int to) {
    return ReadChunk.newBuilder()
        .setSequenceId(key)
        .setSequenceStart(from == 0)
        .setSequenceEnd(to == bases.length)
        .setPosition(from)
        .setCaptureTime(Instant.ofEpochMilli(START + from))
        .setBases(ByteBuffer.wrap(bases, from, to - from).slice())
        .build();
  }

  @ParameterizedTest
  @ValueSource(strings = {"reference", "cpu", "nd4j"})
  void theSameJobRunsOnTheBackendThatTheOptionNames(String backend) throws Exception {
    JobFile file = job("rse", Map.of("stream", backend, "backend", backend, "bounded", "true"));
    Map<String, float[]> steps = new TreeMap<>();
    KEYS.forEach(key -> steps.put(key, values(120 * 6)));
    probe.send(features(file, steps));
    run(file);

    Map<String, List<Prediction>> found = predictions(file.topics().finals());
    Map<String, List<dev.riffle.models.Prediction<PredictionValues>>> expected =
        direct(file, steps, 6);
    assertThat(found.keySet()).isEqualTo(expected.keySet());
    expected.forEach(
        (key, outputs) -> {
          assertThat(found.get(key)).hasSameSizeAs(outputs);
          for (int i = 0; i < outputs.size(); i++) {
            float[] answer = values(found.get(key).get(i));
            assertThat(answer).hasSameSizeAs(outputs.get(i).value().values());
            assertThat(answer).containsExactly(outputs.get(i).value().values(), within(1e-4f));
          }
        });
    assertThat(probe.read(file.topics().deadLetters())).isEmpty();
  }

  @Test
  void aCrashInTheMiddleOfWindowsChangesNoByteOfTheFinalLane() throws Exception {
    Map<String, float[]> steps = new TreeMap<>();
    KEYS.forEach(key -> steps.put(key, values(120 * 6)));
    JobFile calm = job("rse", Map.of("stream", "calm", "bounded", "true"));
    probe.send(features(calm, steps));
    run(calm);
    assertEqual(predictions(calm.topics().finals()), direct(calm, steps, 6));

    // checkpoints come when the test asks: what is committed before the crash is known
    JobFile storm =
        job(
            "rse",
            Map.of("stream", "storm", "checkpoint-interval", "1h", "restart-delay", "100ms"));
    List<ProducerRecord<byte[], byte[]>> input = features(storm, steps);
    int third = input.size() / 3;
    RunningJob job = cluster.submit(storm.onKafka().environment());
    probe.send(input.subList(0, third));
    awaitPreview(storm, 20);
    job.checkpoint();
    String topic = storm.topics().finals();
    int committed = probe.await(topic, LIMIT, found -> !found.isEmpty()).size();
    probe.send(input.subList(third, 2 * third));
    awaitPreview(storm, 60);
    cluster.crashTaskManager();
    probe.send(input.subList(2 * third, input.size()));
    awaitPreview(storm, 119);
    job.stopWithSavepoint();

    List<ConsumerRecord<byte[], byte[]>> finals = probe.read(topic);
    assertThat(TopicProbe.perSequence(finals))
        .isEqualTo(TopicProbe.perSequence(probe.read(calm.topics().finals())));
    assertThat(committed).isLessThan(finals.size());
    assertThat(probe.read(storm.topics().preview()))
        .as("the second third was computed twice")
        .hasSizeGreaterThan(finals.size());
  }

  /** Records of 5 steps of 6 values, the sequences in turn. */
  private static List<ProducerRecord<byte[], byte[]>> features(
      JobFile file, Map<String, float[]> steps) {
    AvroCodec<SequenceEvent> codec = AvroCodec.of(SequenceEvent.class);
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (int from = 0; from < 120; from += 5) {
      for (String key : KEYS) {
        ByteBuffer values = ByteBuffer.allocate(5 * 6 * 4).order(ByteOrder.LITTLE_ENDIAN);
        values.asFloatBuffer().put(steps.get(key), from * 6, 5 * 6);
        SequenceEvent event =
            SequenceEvent.newBuilder()
                .setSequenceId(key)
                .setSequenceStart(from == 0)
                .setSequenceEnd(from == 115)
                .setPosition(from)
                .setCaptureTime(Instant.ofEpochMilli(START + from))
                .setShape(List.of(5, 6))
                .setValues(values)
                .build();
        records.add(record(file, key, codec.encode(event)));
      }
    }
    return records;
  }

  /** Waits until the preview lane has told this step of every sequence. */
  private static void awaitPreview(JobFile file, long position) {
    AvroCodec<Prediction> codec = AvroCodec.of(Prediction.class);
    probe.await(
        file.topics().preview(),
        LIMIT,
        found ->
            found.stream()
                .map(r -> codec.decode(r.value()))
                .filter(p -> p.getPosition() + p.getLength() > position)
                .map(Prediction::getSequenceId)
                .collect(Collectors.toSet())
                .containsAll(KEYS));
  }

  private static byte[] piece(float[] steps, int index) throws IOException {
    Schema schema = new Schema.Parser().parse(DemoJobsTest.DEMO.resolve("qrnn.avsc").toFile());
    return piece(steps, index, schema, 0x102);
  }

  private static byte[] piece(float[] steps, int index, Schema schema, int id) throws IOException {
    GenericRecord record = new GenericData.Record(schema);
    List<List<Float>> piece = new ArrayList<>();
    for (int t = 3 * index; t < 3 * index + 3; t++) {
      List<Float> step = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        step.add(steps[4 * t + i]);
      }
      piece.add(step);
    }
    record.put("begins", START * 1000 + index);
    record.put("steps", piece);
    record.put("first", index == 0);
    if (schema.getField("last") != null) {
      record.put("last", index == 9);
    }
    if (schema.getField("origin") != null) {
      record.put("origin", "press-" + index);
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(ByteBuffer.allocate(5).put((byte) 0).putInt(id).array());
    BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(out, null);
    new GenericDatumWriter<>(schema).write(record, encoder);
    encoder.flush();
    return out.toByteArray();
  }

  // ---- all ----

  /** An example on this broker, with its topics. */
  private static JobFile job(String name, Map<String, String> more) throws IOException {
    return at(DemoJobsTest.DEMO.resolve(name + ".yaml"), more);
  }

  private static JobFile at(Path yaml, Map<String, String> more) throws IOException {
    Map<String, String> overrides = new HashMap<>(more);
    overrides.put(KafkaOptions.BOOTSTRAP.name(), SERVICES.bootstrap());
    overrides.put(KafkaOptions.NAMESPACE.name(), SERVICES.namespace());
    overrides.put(FlinkOptions.PARALLELISM.name(), "2");
    JobFile file = JobFile.read(yaml, overrides);
    assertThat(file.diagnostics()).isEmpty();
    file.topics().create(SERVICES.bootstrap(), 2, LIMIT);
    return file;
  }

  private static void run(JobFile file) {
    cluster.submit(file.onKafka().environment()).awaitEnd(LIMIT);
  }

  private float[] values(int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  private static ProducerRecord<byte[], byte[]> record(JobFile file, String key, byte[] value) {
    return new ProducerRecord<>(
        file.topics().in(), null, START, key.getBytes(StandardCharsets.UTF_8), value);
  }

  /** What the model answers to each sequence as a whole. */
  private static Map<String, List<dev.riffle.models.Prediction<PredictionValues>>> direct(
      JobFile file, Map<String, float[]> steps, int width) {
    StreamModel<PredictionValues> model =
        new DirectoryModel<>(
                file.options().get(ModelOptions.MODEL),
                "cpu",
                PredictionValues.class,
                ((SequenceJob) file.definition()).settings().windows().orElse(null))
            .load();
    Map<String, List<dev.riffle.models.Prediction<PredictionValues>>> outputs = new TreeMap<>();
    Format format = new Format(0, width);
    steps.forEach(
        (key, values) -> {
          StreamRunner<PredictionValues> runner = model.newRunner();
          BatchItem<PredictionValues> row =
              new BatchItem<>(format, runner.open(format), values, 0, values.length / width);
          runner.finish(List.of(row));
          outputs.put(key, row.predictions);
        });
    return outputs;
  }

  /** Holds answers against the model's own. */
  private static void assertEqual(
      Map<String, List<Prediction>> found,
      Map<String, List<dev.riffle.models.Prediction<PredictionValues>>> expected) {
    assertThat(found.keySet()).isEqualTo(expected.keySet());
    expected.forEach(
        (key, outputs) -> {
          List<Prediction> answers = found.get(key);
          assertThat(answers).hasSameSizeAs(outputs);
          for (int i = 0; i < outputs.size(); i++) {
            PredictionValues scores = outputs.get(i).value();
            assertThat(answers.get(i).getPosition()).isEqualTo(scores.first());
            assertThat(answers.get(i).getLength()).isEqualTo(scores.steps());
            assertThat(values(answers.get(i))).isEqualTo(scores.values());
          }
        });
  }

  private static Map<String, List<Prediction>> predictions(String topic) {
    AvroCodec<Prediction> codec = AvroCodec.of(Prediction.class);
    Map<String, List<Prediction>> found = new TreeMap<>();
    for (ConsumerRecord<byte[], byte[]> record : probe.read(topic)) {
      found
          .computeIfAbsent(TopicProbe.key(record), k -> new ArrayList<>())
          .add(codec.decode(record.value()));
    }
    return found;
  }

  private static float[] values(Prediction prediction) {
    var floats = prediction.getValues().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
    float[] values = new float[floats.remaining()];
    floats.get(values);
    return values;
  }
}
