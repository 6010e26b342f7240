package dev.riffle.jobs.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.riffle.jobs.stream.TopicProbe;
import dev.riffle.jobs.stream.Topics;
import dev.riffle.jobs.transcription.Sounds;
import dev.riffle.local.LocalBroker;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.jar.JarFile;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Broker, JobManager and two TaskManagers as processes; the job's jar sent by REST. */
class StandaloneClusterIT {
  private static final Duration LIMIT = Duration.ofSeconds(90);
  private static final Path JOB = Path.of("target", "riffle-job.jar");

  @Test
  void killedStoppedAndRescaledTheFinalLaneIsThatOfACalmRun(@TempDir Path work) throws Exception {
    try (JavaProcess broker = broker(work);
        StandaloneCluster cluster = new StandaloneCluster(work)) {
      String bootstrap = broker.firstLine();
      cluster.startTaskManager("taskmanager-a");
      cluster.startTaskManager("taskmanager-b");
      TopicProbe probe = new TopicProbe(bootstrap);
      FlinkRest rest = cluster.rest();
      rest.awaitTaskManagers(2);
      String jar = rest.upload(JOB);

      // First submission: on all four slots, from beginning to end, and nothing happens.
      Topics calm = topics("calm", bootstrap);
      probe.send(Sounds.records(calm.in()));
      String first =
          rest.run(jar, arguments(bootstrap, calm, 4, "--bounded=true"), Optional.empty());
      rest.awaitState(first, "FINISHED");
      Map<String, List<String>> expected = TopicProbe.perSequence(probe.read(calm.finals()));
      assertThat(expected).hasSize(Sounds.pcm().size());

      // Second submission of the same jar, in another class loader.
      Topics storm = topics("storm", bootstrap);
      List<ProducerRecord<byte[], byte[]>> input = Sounds.records(storm.in());
      int quarter = input.size() / 4;
      String second = rest.run(jar, arguments(bootstrap, storm, 1), Optional.empty());
      probe.send(input.subList(0, quarter));
      probe.await(storm.finals(), LIMIT, found -> !found.isEmpty());

      // The TaskManager that does the work is killed while work is before it.
      Set<String> working = rest.taskManagers(second, "transcribe");
      assertThat(working).hasSize(1);
      String victimId = working.iterator().next();
      JavaProcess victim = cluster.process(victimId);
      assertThat(instances(victim, "dev.riffle.kernels.cpu.CpuKernels"))
          .as("two submissions, one backend")
          .isEqualTo(1);
      assertThat(victim.log()).doesNotContain("plain loops");
      probe.send(input.subList(quarter, 2 * quarter));
      victim.kill();
      rest.awaitElsewhere(second, "transcribe", victimId);
      awaitPreview(probe, storm, 2.4);

      // It is stopped with a savepoint while work is before it, and goes on at parallelism 2.
      probe.send(input.subList(2 * quarter, 3 * quarter));
      String savepoint = rest.stop(second);
      probe.send(input.subList(3 * quarter, input.size()));
      String third = rest.run(jar, arguments(bootstrap, storm, 2), Optional.of(savepoint));
      awaitPreview(probe, storm, 5.0);
      rest.stop(third);

      assertThat(TopicProbe.perSequence(probe.read(storm.finals()))).isEqualTo(expected);
      assertThat(probe.read(storm.deadLetters())).isEmpty();
    }
  }

  @Test
  void theJobJarHoldsTheJobAndNeitherKernelsNorFlinkNorALogger() throws IOException {
    List<String> entries;
    try (JarFile jar = new JarFile(JOB.toFile())) {
      assertThat(jar.getManifest().getMainAttributes().getValue("Main-Class"))
          .isEqualTo("dev.riffle.jobs.transcription.TranscriptionJob");
      entries = jar.stream().map(java.util.zip.ZipEntry::getName).toList();
    }
    assertThat(entries)
        .contains(
            "dev/riffle/jobs/transcription/TranscriptionJob.class",
            "dev/riffle/jobs/sequence/SequenceJob.class",
            "dev/riffle/shaded/snakeyaml/v2/api/lowlevel/Compose.class",
            "dev/riffle/operators/SequenceOperator.class",
            "dev/riffle/music/transcriber/Transcriber.class",
            "org/apache/flink/connector/kafka/source/KafkaSource.class",
            "org/apache/avro/Schema.class")
        .noneMatch(e -> e.startsWith("dev/riffle/kernels/"))
        .noneMatch(e -> e.startsWith("dev/riffle/local/"))
        .noneMatch(e -> e.startsWith("org/apache/flink/streaming/api/environment/"))
        .noneMatch(e -> e.startsWith("org/slf4j/") || e.startsWith("org/apache/logging/"))
        .noneMatch(e -> e.startsWith("org/snakeyaml/"))
        .noneMatch(e -> e.startsWith("kafka/server/"))
        .noneMatch(e -> e.matches("META-INF/[^/]*\\.(SF|DSA|RSA)"));
    try (var lib = Files.list(StandaloneCluster.LIB)) {
      assertThat(lib.map(p -> p.getFileName().toString()))
          .anyMatch(n -> n.startsWith("kernels-"))
          .noneMatch(n -> n.startsWith("models-") || n.startsWith("kafka"));
    }
  }

  private static JavaProcess broker(Path work) {
    return JavaProcess.start(
        work.resolve("broker.log"),
        true,
        List.of(
            "-Xmx512m",
            "-cp",
            System.getProperty("java.class.path"),
            LocalBroker.class.getName(),
            "0",
            work.resolve("broker").toString()));
  }

  private static Topics topics(String stream, String bootstrap) {
    Topics topics = Topics.of("riffle", stream);
    topics.create(bootstrap, 2, LIMIT);
    return topics;
  }

  private static List<String> arguments(
      String bootstrap, Topics topics, int parallelism, String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "--bootstrap=" + bootstrap,
                "--stream=" + TopicProbe.stream(topics),
                "--model=" + Sounds.MODEL.toAbsolutePath().normalize(),
                "--parallelism=" + parallelism,
                "--checkpoint-interval=500ms"));
    arguments.addAll(List.of(more));
    return arguments;
  }

  private static void awaitPreview(TopicProbe probe, Topics topics, double seconds) {
    probe.awaitNotes(topics.preview(), LIMIT, Sounds.lastKnown(seconds));
  }

  /** Objects of a class in another JVM, by its own histogram. */
  private static int instances(JavaProcess process, String className) throws Exception {
    Process jcmd =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                Long.toString(process.pid()),
                "GC.class_histogram")
            .redirectErrorStream(true)
            .start();
    String histogram = new String(jcmd.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(jcmd.waitFor()).as(histogram).isZero();
    for (String line : histogram.split("\n")) {
      String[] columns = line.strip().split("\\s+"); // number: instances bytes class (module)
      if (columns.length >= 4 && columns[3].equals(className)) {
        return Integer.parseInt(columns[1]);
      }
    }
    return 0;
  }
}
