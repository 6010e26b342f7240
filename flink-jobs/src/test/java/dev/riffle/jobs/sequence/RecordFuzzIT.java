package dev.riffle.jobs.sequence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.riffle.jobs.JobDefinition;
import dev.riffle.jobs.annotation.AnnotationJob;
import dev.riffle.jobs.readuntil.ReadUntilJob;
import dev.riffle.jobs.stream.JobCounters;
import dev.riffle.jobs.stream.RecordMutator;
import dev.riffle.jobs.stream.StreamJob;
import dev.riffle.jobs.stream.TopicProbe;
import dev.riffle.jobs.stream.Topics;
import dev.riffle.jobs.transcription.TranscriptionJob;
import dev.riffle.local.LocalCluster;
import dev.riffle.local.LocalServices;
import dev.riffle.local.RunningJob;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Damaged records of every format through the running job: none stops it, and none is lost. */
class RecordFuzzIT {
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final int RECORDS = Integer.getInteger("fuzz.job.records", 1500);
  private static final long SEED = Long.getLong("fuzz.seed", 20_261_130);
  private static final Path DEMO = Path.of("..", "demo").toAbsolutePath().normalize();

  @TempDir static Path directory;

  @RegisterExtension static final LocalServices SERVICES = new LocalServices();

  private static LocalCluster cluster;

  @BeforeAll
  static void start() {
    cluster = LocalCluster.start(1, 1, JobCounters.configuration());
  }

  @AfterAll
  static void stop() {
    cluster.close();
  }

  @ParameterizedTest
  @EnumSource(FuzzedFormat.class)
  void everyRecordIsCountedAndNoneRestartsTheJob(FuzzedFormat format) throws IOException {
    String stream = format.name().toLowerCase(Locale.ROOT);
    Topics topics = Topics.of(SERVICES.namespace(), stream);
    topics.create(SERVICES.bootstrap(), 1, LIMIT);
    TopicProbe probe = new TopicProbe(SERVICES.bootstrap());
    probe.send(damaged(format, topics.in()));
    RunningJob job = cluster.submit(job(format, topics).environment());
    job.awaitEnd(LIMIT);

    long used = JobCounters.sum(job.id(), "used_events_total");
    long duplicates = JobCounters.sum(job.id(), "duplicate_events_total");
    long dead = JobCounters.sum(job.id(), "dead_letters_total");
    long answers = probe.read(topics.finals()).size();
    System.out.printf(
        "%s: %d records = %d used + %d duplicates + %d dead letters (%d of them late), %d answers%n",
        format,
        RECORDS,
        used,
        duplicates,
        dead,
        JobCounters.sum(job.id(), "late_events_total"),
        answers);
    assertThat(JobCounters.has(job.id(), "numRestarts")).isTrue();
    assertThat(JobCounters.sum(job.id(), "numRestarts")).isZero();
    assertThat(JobCounters.sum(job.id(), "records_total")).isEqualTo(RECORDS);
    assertThat(used + duplicates + dead).isEqualTo(RECORDS);
    assertThat(probe.read(topics.deadLetters())).hasSize((int) dead);
    assertThat(used).isGreaterThan(RECORDS / 20);
    if (answersEachRecord(format)) {
      assertThat(answers).isEqualTo(used);
    }
  }

  /** The recurrent model of these jobs answers after the last step of each record. */
  private static boolean answersEachRecord(FuzzedFormat format) {
    return switch (format) {
      case RIFFLE, JSON, AVRO, CONFLUENT -> true;
      case AUDIO, BASES, CALLS, LETTERS -> false;
    };
  }

  private static List<ProducerRecord<byte[], byte[]>> damaged(FuzzedFormat format, String topic) {
    RecordMutator mutator = new RecordMutator(SEED);
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (int i = 0; i < RECORDS; i++) {
      String key = "key-" + i % 7;
      ConsumerRecord<byte[], byte[]> damaged =
          mutator.mutate(
              key.getBytes(StandardCharsets.UTF_8),
              format.record(key, i / 7 - (i % 10 == 9 ? 1 : 0)), // some twice
              FuzzedFormat.START,
              i);
      records.add(
          new ProducerRecord<>(topic, null, FuzzedFormat.START, damaged.key(), damaged.value()));
    }
    return records;
  }

  // ---- jobs ----

  private static StreamJob<?> job(FuzzedFormat format, Topics topics) throws IOException {
    return switch (format) {
      case AUDIO -> named(new TranscriptionJob(), "lru-transcriber", topics);
      case BASES -> named(new AnnotationJob(), "dna-annotator", topics);
      case CALLS ->
          named(new ReadUntilJob(), "read-until", topics, "--targets", genome().toString());
      default -> described(format, topics);
    };
  }

  private static StreamJob<?> named(
      JobDefinition<?> job, String model, Topics topics, String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "--bootstrap", SERVICES.bootstrap(),
                "--namespace", SERVICES.namespace(),
                "--stream", TopicProbe.stream(topics),
                "--model", DEMO.resolve("models").resolve(model).resolve("1").toString(),
                "--bounded", "true",
                "--restart-attempts", "0"));
    arguments.addAll(List.of(more));
    return job.onKafka(job.parse(arguments.toArray(String[]::new)));
  }

  private static StreamJob<?> described(FuzzedFormat format, Topics topics) throws IOException {
    boolean avro = format == FuzzedFormat.AVRO || format == FuzzedFormat.CONFLUENT;
    String kind = avro ? "avro" : format == FuzzedFormat.RIFFLE ? "riffle" : "json";
    StringBuilder yaml = new StringBuilder("stream: " + TopicProbe.stream(topics) + "\n");
    yaml.append("source: {format: ").append(kind);
    if (avro) {
      Files.writeString(directory.resolve("r.avsc"), FuzzedFormat.SCHEMA.toString());
      yaml.append(", schema: r.avsc, confluent-header: ").append(format == FuzzedFormat.CONFLUENT);
    }
    yaml.append("}\n");
    if (format == FuzzedFormat.LETTERS) {
      yaml.append(
          """
          fields:
            key-encoding: bytes
            token: t
            alphabet: {letters: NACGT, other: N, ignore-case: true}
            time: {field: at, unit: iso-8601}
            start: first
            end: last
          """);
    } else if (format != FuzzedFormat.RIFFLE) {
      yaml.append(
          """
          fields:
            key: id
            features: {field: v, width: 3}
            position: n
            time: {field: at, unit: ms}
          """);
    }
    yaml.append("model:\n  directory: ")
        .append(DEMO.resolve("jobs/models"))
        .append(
            format == FuzzedFormat.LETTERS
                ? "/chordmixer/1\n  window: {length: 16}\n"
                : "/lru/1\n  answers: last-step\n");
    Path file = directory.resolve(format + ".yaml");
    Files.writeString(file, yaml);
    JobFile job =
        JobFile.read(
            file,
            Map.of(
                "bootstrap",
                SERVICES.bootstrap(),
                "namespace",
                SERVICES.namespace(),
                "bounded",
                "true",
                "restart-attempts",
                "0"));
    return job.onKafka();
  }

  private static Path genome() throws IOException {
    Random random = new Random(SEED);
    StringBuilder fasta = new StringBuilder(">target\n");
    for (int i = 0; i < 20_000; i++) {
      fasta.append("ACGT".charAt(random.nextInt(4)));
    }
    return Files.writeString(directory.resolve("target.fasta"), fasta.append('\n'));
  }
}
