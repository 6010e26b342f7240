package dev.riffle.jobs.annotation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.riffle.dna.annotator.Gene;
import dev.riffle.jobs.annotation.Contigs.Contig;
import dev.riffle.jobs.options.JobOptions;
import dev.riffle.jobs.stream.FlinkOptions;
import dev.riffle.jobs.stream.KafkaOptions;
import dev.riffle.jobs.stream.ModelOptions;
import dev.riffle.jobs.stream.TopicProbe;
import dev.riffle.jobs.stream.Topics;
import dev.riffle.jobs.transcription.Sounds;
import dev.riffle.local.LocalCluster;
import dev.riffle.local.LocalServices;
import dev.riffle.local.RunningJob;
import dev.riffle.models.Prediction;
import dev.riffle.schemas.AvroCodec;
import dev.riffle.schemas.record.DeadLetter;
import dev.riffle.schemas.record.GeneEvent;
import dev.riffle.schemas.record.GeneStatus;
import dev.riffle.schemas.record.ReadChunk;
import dev.riffle.schemas.record.SessionEvent;
import dev.riffle.schemas.record.SessionKind;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The job between a real broker's topics, on a cluster in this JVM. */
class AnnotationIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  @RegisterExtension static final LocalServices SERVICES = new LocalServices();

  private static LocalCluster cluster;
  private static TopicProbe probe;

  @BeforeAll
  static void connect() {
    cluster = SERVICES.cluster();
    probe = new TopicProbe(SERVICES.bootstrap());
  }

  @Test
  void genesFromKafkaAreThoseOfTheGoldens() {
    Topics topics = bounded("golden", Contigs.records(SERVICES.namespace() + ".golden.in.v1"));
    Map<String, List<GeneEvent>> finals = Contigs.genes(probe.read(topics.finals()));
    Map<String, List<GeneEvent>> previews = Contigs.genes(probe.read(topics.preview()));
    assertThat(finals.keySet()).isEqualTo(Contigs.golden().keySet());
    for (Contig contig : Contigs.all()) {
      String id = contig.id();
      List<GeneEvent> genes = finals.getOrDefault(id, List.of());
      assertThat(genes.stream().map(Contigs::line).toList())
          .isEqualTo(Contigs.golden().getOrDefault(id, List.of()));
      assertThat(told(previews.getOrDefault(id, List.of())))
          .isEqualTo(told(alone(id, 0, contig, contig.bases())));
      assertThat(genes)
          .allSatisfy(
              g -> {
                assertThat(g.getIsFinal()).isTrue();
                assertThat(g.getLatency()).isNull();
                assertThat(g.getModelVersion()).isEqualTo("dna-annotator/1");
              });
    }
    List<GeneEvent> grown = previews.get("c11");
    assertThat(grown)
        .filteredOn(g -> g.getStatus() == GeneStatus.GROWING)
        .isNotEmpty()
        .allSatisfy(g -> assertThat(g.getLatency().getComputeMicros()).isPositive());
    assertThat(probe.read(topics.deadLetters())).isEmpty();
  }

  private static List<String> told(List<GeneEvent> events) {
    return events.stream()
        .map(e -> e.getStatus() + " " + e.getBasesRead() + " " + Contigs.line(e))
        .toList();
  }

  @Test
  void aCrashInTheMiddleChangesNoByteOfTheFinalLane() {
    Map<String, List<String>> expected =
        TopicProbe.perSequence(
            probe.read(
                bounded("calm", Contigs.records(SERVICES.namespace() + ".calm.in.v1")).finals()));

    Topics topics = topics("crash");
    // checkpoints come when the test asks: what is committed before the crash is known
    JobOptions options =
        options(topics)
            .with(FlinkOptions.CHECKPOINT_INTERVAL, Duration.ofHours(1))
            .with(FlinkOptions.RESTART_DELAY, Duration.ofMillis(100));
    List<ProducerRecord<byte[], byte[]>> input = Contigs.records(topics.in());
    int third = input.size() / 3;
    RunningJob job = cluster.submit(new AnnotationJob().onKafka(options).environment());

    probe.send(input.subList(0, third));
    awaitPublished(topics, 1_000);
    job.checkpoint();
    int committed = probe.await(topics.finals(), LIMIT, found -> !found.isEmpty()).size();
    probe.send(input.subList(third, 2 * third));
    awaitPublished(topics, 2_000);
    cluster.crashTaskManager();
    probe.send(input.subList(2 * third, input.size()));
    awaitPublished(topics, 4_520);
    job.stopWithSavepoint();

    assertThat(TopicProbe.perSequence(probe.read(topics.finals()))).isEqualTo(expected);
    assertThat(committed).isLessThan(expected.values().stream().mapToInt(List::size).sum());
    assertThat(published(topics))
        .as("the second third was computed twice")
        .hasSizeGreaterThan(expected.get("c11").size());
  }

  /** Waits until the preview lane tells what is known of c11 after so many bases. */
  private static void awaitPublished(Topics topics, long bases) {
    long last =
        Contigs.offline(Contigs.all().get(0)).stream()
            .filter(g -> g.value().status() == Gene.Status.PUBLISHED)
            .mapToLong(Prediction::position)
            .filter(p -> p <= bases)
            .max()
            .orElseThrow();
    probe.await(
        topics.preview(),
        LIMIT,
        found ->
            Contigs.genes(found).getOrDefault("c11", List.of()).stream()
                .anyMatch(g -> g.getStatus() == GeneStatus.PUBLISHED && g.getBasesRead() >= last));
  }

  private static List<GeneEvent> published(Topics topics) {
    return Contigs.genes(probe.read(topics.preview())).get("c11").stream()
        .filter(g -> g.getStatus() == GeneStatus.PUBLISHED)
        .toList();
  }

  @Test
  void badInputGapsAndSilenceHarmNobodyElse() {
    Topics topics = topics("dirty");
    String in = topics.in();
    List<ProducerRecord<byte[], byte[]>> input = new ArrayList<>(Contigs.records(in));
    Contig whole = Contigs.all().get(0);

    // one chunk cannot be used: its bases are unknown ones, and the frame goes on
    List<ReadChunk> torn = Contigs.chunks(new Contig("torn", whole.code(), whole.bases()), 60);
    torn.get(20).setBases(ByteBuffer.wrap(new byte[60]));
    torn.forEach(c -> input.add(Contigs.record(in, c)));

    // one chunk never comes, and one before it is sent twice
    List<ReadChunk> holed = Contigs.chunks(new Contig("holed", whole.code(), whole.bases()), 60);
    holed.set(20, holed.get(10));
    holed.forEach(c -> input.add(Contigs.record(in, c)));

    // half a contig, a minute of silence, the other half: two sessions, cut between them
    List<ReadChunk> silent = Contigs.chunks(new Contig("silent", whole.code(), whole.bases()), 60);
    int half = silent.size() / 2;
    silent
        .subList(half, silent.size())
        .forEach(c -> c.setCaptureTime(c.getCaptureTime().plusSeconds(60)));
    silent.forEach(c -> input.add(Contigs.record(in, c)));

    Map<String, ProducerRecord<byte[], byte[]>> bad = badRecords(in);
    input.addAll(input.size() / 2, bad.values());
    bounded(topics, input);

    Map<String, List<GeneEvent>> genes = Contigs.genes(probe.read(topics.finals()));
    Contigs.golden()
        .forEach(
            (id, lines) -> assertThat(genes.get(id).stream().map(Contigs::line)).isEqualTo(lines));
    String unknown =
        whole.bases().substring(0, 1200) + "N".repeat(60) + whole.bases().substring(1260);
    for (String id : List.of("torn", "holed")) {
      assertThat(told(genes.get(id))).isEqualTo(told(published(alone(id, 0, whole, unknown))));
    }
    int cut = half * 60;
    List<GeneEvent> parts =
        new ArrayList<>(alone("silent", 0, whole, whole.bases().substring(0, cut)));
    parts.addAll(alone("silent", cut, whole, whole.bases().substring(cut)));
    assertThat(told(genes.get("silent"))).isEqualTo(told(published(parts)));
    assertThat(parts).anyMatch(g -> g.getPartial().equals("01"));

    List<DeadLetter> letters =
        probe.read(topics.deadLetters()).stream()
            .map(r -> AvroCodec.of(DeadLetter.class).decode(r.value()))
            .toList();
    assertThat(letters).hasSize(bad.size() + 1);
    bad.keySet().forEach(error -> assertThat(letters).anyMatch(l -> l.getError().contains(error)));
    List<SessionEvent> sessions =
        probe.read(topics.sessions()).stream()
            .map(r -> AvroCodec.of(SessionEvent.class).decode(r.value()))
            .toList();
    assertThat(sessions.stream().filter(s -> s.getKind() == SessionKind.GAP))
        .extracting(s -> s.getSequenceId() + " " + s.getPosition() + " " + s.getMissing())
        .containsExactlyInAnyOrder("torn 1200 60", "holed 1200 60");
    assertThat(sessions.stream().filter(s -> s.getKind() == SessionKind.ENDED))
        .extracting(s -> s.getSequenceId() + " " + s.getReason())
        .contains("silent idle", "silent end", "m4 end");
  }

  private static List<GeneEvent> alone(String id, long from, Contig like, String bases) {
    GeneMapper mapper = new GeneMapper();
    AvroCodec<GeneEvent> codec = AvroCodec.of(GeneEvent.class);
    return Contigs.offline(new Contig(id, like.code(), bases)).stream()
        .map(
            g ->
                codec.decode(
                    mapper.toPreview(GeneMapperTest.emitted(id, from, g)).orElseThrow().value))
        .toList();
  }

  private static List<GeneEvent> published(List<GeneEvent> genes) {
    return genes.stream().filter(g -> g.getStatus() == GeneStatus.PUBLISHED).toList();
  }

  /** Bad records by a part of the message they have to get. */
  private static Map<String, ProducerRecord<byte[], byte[]>> badRecords(String topic) {
    Map<String, ProducerRecord<byte[], byte[]>> bad = new LinkedHashMap<>();
    bad.put(
        "wire format",
        new ProducerRecord<>(
            topic,
            null,
            Contigs.START / 1000,
            "c11".getBytes(StandardCharsets.UTF_8),
            "no avro".getBytes(StandardCharsets.UTF_8)));
    ReadChunk other = Contigs.chunk("bad", 0, "ACGT");
    other.setGeneticCode(1);
    bad.put("The genetic code must be 11", Contigs.record(topic, other));
    ReadChunk protein = Contigs.chunk("bad", 0, "MKLVE");
    bad.put("it is a letter of proteins", Contigs.record(topic, protein));
    return bad;
  }

  @Test
  void aModelThatPredictsNoGenesEndsTheJobWithTheReason() {
    JobOptions options = options(topics("music")).with(ModelOptions.MODEL, Sounds.MODEL.toString());
    RunningJob job = cluster.submit(new AnnotationJob().onKafka(options).environment());
    assertThatThrownBy(() -> job.awaitEnd(LIMIT))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("predicts Note, but Gene is expected");
  }

  private static Topics bounded(String stream, List<ProducerRecord<byte[], byte[]>> input) {
    return bounded(topics(stream), input);
  }

  /** A run over all records from beginning to end in which nothing happens. */
  private static Topics bounded(Topics topics, List<ProducerRecord<byte[], byte[]>> input) {
    probe.send(input);
    cluster
        .submit(
            new AnnotationJob()
                .onKafka(options(topics).with(KafkaOptions.BOUNDED, true))
                .environment())
        .awaitEnd(LIMIT);
    return topics;
  }

  private static Topics topics(String stream) {
    Topics topics = Topics.of(SERVICES.namespace(), stream);
    topics.create(SERVICES.bootstrap(), 2, LIMIT);
    return topics;
  }

  private static JobOptions options(Topics topics) {
    return new AnnotationJob()
        .parse(
            "--bootstrap", SERVICES.bootstrap(),
            "--namespace", SERVICES.namespace(),
            "--stream", TopicProbe.stream(topics),
            "--model", Contigs.MODEL.toString(),
            "--parallelism", "2");
  }
}
