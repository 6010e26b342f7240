package dev.riffle.jobs.readuntil;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.riffle.dna.readuntil.ReadVerdict;
import dev.riffle.jobs.options.JobOptions;
import dev.riffle.jobs.stream.FlinkOptions;
import dev.riffle.jobs.stream.KafkaOptions;
import dev.riffle.jobs.stream.TopicProbe;
import dev.riffle.jobs.stream.Topics;
import dev.riffle.local.LocalCluster;
import dev.riffle.local.LocalServices;
import dev.riffle.local.RunningJob;
import dev.riffle.schemas.AvroCodec;
import dev.riffle.schemas.record.DeadLetter;
import dev.riffle.schemas.record.ReadChunk;
import dev.riffle.schemas.record.ReadDecision;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The job between a real broker's topics, on a cluster in this JVM. */
class ReadUntilIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  @TempDir static Path directory;

  @RegisterExtension static final LocalServices SERVICES = new LocalServices();

  private static LocalCluster cluster;
  private static TopicProbe probe;

  @BeforeAll
  static void connect() {
    cluster = SERVICES.cluster();
    probe = new TopicProbe(SERVICES.bootstrap());
  }

  @Test
  void everyReadIsDecidedOnceAsTheModelAloneWould() {
    Topics topics = topics("calm");
    probe.send(records(topics, Reads.chunks()));
    bounded(options(topics));
    Map<String, List<ReadDecision>> finals = Reads.decisions(probe.read(topics.finals()));
    Map<String, List<ReadDecision>> previews = Reads.decisions(probe.read(topics.preview()));
    assertThat(finals.keySet()).isEqualTo(Reads.all().keySet());
    Reads.all()
        .forEach(
            (id, letters) -> {
              ReadVerdict alone = Reads.offline(letters);
              assertThat(finals.get(id)).as(id).hasSize(1);
              ReadDecision decision = finals.get(id).get(0);
              assertThat(decision.getAction())
                  .isEqualTo(id.startsWith("t") ? "sequence" : "unblock");
              assertThat(decision.getReason()).isEqualTo("evidence");
              assertThat(decision.getBases()).isEqualTo(alone.bases());
              assertThat(decision.getTargetProbability()).isEqualTo((float) alone.probability());
              assertThat(decision.getChannel()).isEqualTo(Integer.parseInt(id.substring(1)) + 1);
              assertThat(decision.getMeanQscore()).isEqualTo(20f);
              assertThat(decision.getReadId()).isEqualTo(id);
              assertThat(decision.getModelVersion()).isEqualTo("read-until/1");
              int chunk = (int) ((alone.bases() - 1) / Reads.CHUNK * Reads.CHUNK);
              assertThat(decision.getCaptureTime())
                  .isEqualTo(Reads.chunk(id, letters, chunk).getCaptureTime());
              assertThat(decision.getIsFinal()).isTrue();
              assertThat(decision.getLatency()).isNull();
              ReadDecision preview = previews.get(id).get(0);
              assertThat(preview.getIsFinal()).isFalse();
              assertThat(preview.getLatency().getComputeMicros()).isPositive();
            });
    assertThat(probe.read(topics.deadLetters())).isEmpty();
  }

  @Test
  void aCrashInTheMiddleLeavesOneDecisionPerRead() {
    Topics calm = topics("still");
    List<ReadChunk> chunks = Reads.chunks();
    probe.send(records(calm, chunks));
    bounded(options(calm));
    Map<String, List<String>> expected = TopicProbe.perSequence(probe.read(calm.finals()));

    Topics topics = topics("crash");
    // checkpoints come when the test asks: what is committed before the crash is known
    JobOptions options =
        options(topics)
            .with(FlinkOptions.CHECKPOINT_INTERVAL, Duration.ofHours(1))
            .with(FlinkOptions.RESTART_DELAY, Duration.ofMillis(100));
    int third = chunks.size() / 3;
    RunningJob job = cluster.submit(new ReadUntilJob().onKafka(options).environment());

    probe.send(records(topics, chunks.subList(0, third)));
    awaitDecided(topics, chunks.subList(0, third));
    job.checkpoint();
    int committed = probe.await(topics.finals(), LIMIT, found -> !found.isEmpty()).size();
    probe.send(records(topics, chunks.subList(third, 2 * third)));
    awaitDecided(topics, chunks.subList(0, 2 * third));
    cluster.crashTaskManager();
    probe.send(records(topics, chunks.subList(2 * third, chunks.size())));
    awaitDecided(topics, chunks);
    job.stopWithSavepoint();

    assertThat(TopicProbe.perSequence(probe.read(topics.finals()))).isEqualTo(expected);
    assertThat(expected.values()).allSatisfy(decisions -> assertThat(decisions).hasSize(1));
    assertThat(committed).isLessThan(expected.size());
    assertThat(probe.read(topics.preview()))
        .as("the second third was computed twice")
        .hasSizeGreaterThan(expected.size());
  }

  /** Waits until the preview lane tells all that the chunks so far suffice for. */
  private static void awaitDecided(Topics topics, List<ReadChunk> sent) {
    Map<String, Integer> bases = new TreeMap<>();
    for (ReadChunk chunk : sent) {
      bases.merge(chunk.getSequenceId(), chunk.getBases().remaining(), Integer::sum);
    }
    Set<String> decided = new TreeSet<>();
    bases.forEach(
        (id, count) -> {
          if (Reads.offline(Reads.all().get(id)).bases() <= count) {
            decided.add(id);
          }
        });
    assertThat(decided).isNotEmpty();
    probe.await(
        topics.preview(), LIMIT, found -> Reads.decisions(found).keySet().containsAll(decided));
  }

  @Test
  void badInputAndALostChunkHarmNobody() {
    Topics topics = topics("dirty");
    List<ReadChunk> chunks = Reads.chunks();
    // the first chunk of a read never comes: it is judged from the second on
    chunks.removeIf(c -> c.getSequenceId().equals("t0") && c.getPosition() == 0);
    List<ProducerRecord<byte[], byte[]>> input = new ArrayList<>(records(topics, chunks));
    ReadChunk protein = Reads.chunk("t2", Reads.all().get("t2"), 0);
    protein.setBases(ByteBuffer.wrap(new byte[] {'M', 'K', 'L', 'V'}));
    protein.setQuality(null);
    ReadChunk channel = Reads.chunk("t2", Reads.all().get("t2"), 0);
    channel.setChannel(0);
    ReadChunk quality = Reads.chunk("t2", Reads.all().get("t2"), 0);
    quality.setQuality(ByteBuffer.wrap(new byte[] {'5'}));
    input.add(9, Reads.record(topics.in(), protein));
    input.add(19, Reads.record(topics.in(), channel));
    input.add(29, Reads.record(topics.in(), quality));
    probe.send(input);
    bounded(options(topics).with(ReadUntilOptions.SAMPLING, "deplete"));

    Map<String, List<ReadDecision>> finals = Reads.decisions(probe.read(topics.finals()));
    assertThat(finals.keySet()).isEqualTo(Reads.all().keySet());
    finals.forEach(
        (id, decisions) -> {
          assertThat(decisions).as(id).hasSize(1);
          assertThat(decisions.get(0).getAction())
              .isEqualTo(id.startsWith("t") ? "unblock" : "sequence");
        });
    assertThat(finals.get("t0").get(0).getBases())
        .isEqualTo(Reads.offline(Reads.all().get("t0").substring(Reads.CHUNK)).bases());
    assertThat(
            probe.read(topics.deadLetters()).stream()
                .map(r -> AvroCodec.of(DeadLetter.class).decode(r.value()).getError()))
        .hasSize(3)
        .anyMatch(e -> e.contains("it is a letter of proteins"))
        .anyMatch(e -> e.contains("Expected a channel from 1"))
        .anyMatch(e -> e.contains("Expected a quality for each of 180 bases but there are 1"));
  }

  @Test
  void referencesThatCannotBeReadEndTheJobWithTheReason() {
    JobOptions options = options(topics("none")).with(ReadUntilOptions.TARGETS, "no/such.fasta");
    RunningJob job = cluster.submit(new ReadUntilJob().onKafka(options).environment());
    assertThatThrownBy(() -> job.awaitEnd(LIMIT))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("no/such.fasta is missing");
  }

  private static void bounded(JobOptions options) {
    cluster
        .submit(new ReadUntilJob().onKafka(options.with(KafkaOptions.BOUNDED, true)).environment())
        .awaitEnd(LIMIT);
  }

  private static List<ProducerRecord<byte[], byte[]>> records(
      Topics topics, List<ReadChunk> chunks) {
    return chunks.stream().map(c -> Reads.record(topics.in(), c)).toList();
  }

  private static Topics topics(String stream) {
    Topics topics = Topics.of(SERVICES.namespace(), stream);
    topics.create(SERVICES.bootstrap(), 2, LIMIT);
    return topics;
  }

  private static JobOptions options(Topics topics) {
    List<String> arguments = new ArrayList<>(List.of(Reads.options(directory)));
    arguments.addAll(
        List.of(
            "--bootstrap=" + SERVICES.bootstrap(),
            "--namespace=" + SERVICES.namespace(),
            "--stream=" + TopicProbe.stream(topics),
            "--model=" + Reads.MODEL,
            "--parallelism=2"));
    return new ReadUntilJob().parse(arguments.toArray(String[]::new));
  }
}
