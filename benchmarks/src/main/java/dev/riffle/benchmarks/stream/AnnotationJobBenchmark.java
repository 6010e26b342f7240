package dev.riffle.benchmarks.stream;

import dev.riffle.benchmarks.support.Checkout;
import dev.riffle.benchmarks.support.Child;
import dev.riffle.benchmarks.support.JobBenchmark;
import dev.riffle.cli.dna.SyntheticGenome;
import dev.riffle.dna.GeneticCode;
import dev.riffle.dna.SequenceFile;
import dev.riffle.evaluation.dna.Prodigal;
import dev.riffle.jobs.stream.Topics;
import dev.riffle.local.LocalBroker;
import dev.riffle.schemas.AvroCodec;
import dev.riffle.schemas.record.DeadLetter;
import dev.riffle.schemas.record.GeneEvent;
import dev.riffle.schemas.record.GeneStatus;
import dev.riffle.schemas.record.ReadChunk;
import dev.riffle.schemas.record.SessionEvent;
import dev.riffle.schemas.record.SessionKind;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * The annotation job through Kafka and Flink, next to the bare model in the same JVM and to
 * Prodigal if it is installed: bases per second of CPU time, cost of many contigs at once, delay of
 * genes.
 *
 * <pre>
 *   this process: chunks as fast as the broker takes them; genes and ends read committed
 *      |  broker, a separate process
 *   Flink, a separate process: the bare model, the job, the bare model, the job, ...
 * </pre>
 *
 * CPU time is that of the whole process: of Flink its compiler, collector, checkpoints and Kafka
 * clients among it; of Prodigal that of its process, which reads the genome twice.
 *
 * <p>{@code ./riffle bench stream annotation-job --model=demo/models/dna-annotator/1}
 */
@Command(
    name = "annotation-job",
    description = "DNA through the annotation job, next to the bare model and Prodigal.",
    footer = "%nAll other options, such as --parallelism=2, are passed to the job.")
public final class AnnotationJobBenchmark extends JobBenchmark {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final long LIMIT = 300_000_000_000L; // ns without a record
  private static final int LIVE_CHUNK = 30;

  @Option(names = "--model", required = true, description = "Model directory.")
  private Path model;

  @Option(names = "--fasta", description = "FASTA file (default: synthetic genomes).")
  private Optional<Path> file;

  @Option(
      names = "--bases",
      defaultValue = "500000",
      description = "Bases of each synthetic genome (default: ${DEFAULT-VALUE}).")
  private int syntheticBases;

  @Option(
      names = "--contigs",
      defaultValue = "4",
      description = "Synthetic genomes, sent side by side (default: ${DEFAULT-VALUE}).")
  private int syntheticContigs;

  @Option(
      names = "--chunk",
      defaultValue = "4000",
      description = "Bases of a chunk (default: ${DEFAULT-VALUE}).")
  private int chunk;

  @Option(
      names = "--rounds",
      defaultValue = "3",
      description = "Measured rounds, after one for warm-up (default: ${DEFAULT-VALUE}).")
  private int rounds;

  @Option(
      names = "--many",
      defaultValue = "10000",
      description =
          "Contigs that are open at once in the last part, 0 to skip it"
              + " (default: ${DEFAULT-VALUE}).")
  private int many;

  @Option(
      names = "--many-bases",
      defaultValue = "1000",
      description = "Bases of each of these contigs (default: ${DEFAULT-VALUE}).")
  private int manyBases;

  @Option(
      names = "--heap",
      defaultValue = "1g",
      description = "Heap of the Flink process (default: ${DEFAULT-VALUE}).")
  private String heap;

  private record Contig(String id, int code, byte[] bases) {}

  private Map<String, String> job;
  private final List<Contig> contigs = new ArrayList<>();
  private Path fasta;
  private long bases;
  private String bootstrap;
  private Child flink;
  private int streams;

  @Override
  public Integer call() throws Exception {
    job = jobOptions();
    job.putIfAbsent("parallelism", "1");
    job.putIfAbsent("restart-attempts", "0");
    if (file.isPresent()) {
      fasta = file.get();
      read();
    } else {
      synthesize();
    }
    bases = contigs.stream().mapToLong(c -> c.bases.length).sum();
    run();
    return 0;
  }

  private void synthesize() throws IOException {
    fasta = Checkout.target("synthetic.fasta");
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < syntheticContigs; i++) {
      SyntheticGenome genome =
          SyntheticGenome.make("genome-" + i, syntheticBases, i, GeneticCode.BACTERIAL.number());
      contigs.add(new Contig(genome.name(), genome.code(), genome.bases()));
      text.append('>').append(genome.name()).append('\n');
      text.append(new String(genome.bases(), StandardCharsets.US_ASCII)).append('\n');
    }
    Files.writeString(fasta, text);
  }

  private void read() throws IOException {
    try (SequenceFile file = SequenceFile.open(fasta)) {
      byte[] piece = new byte[1 << 16];
      for (var entry = file.next(); entry != null; entry = file.next()) {
        ByteArrayOutputStream letters = new ByteArrayOutputStream();
        for (int n = file.read(piece); n > 0; n = file.read(piece)) {
          letters.write(piece, 0, n);
        }
        int code = entry.code(GeneticCode.BACTERIAL).number();
        contigs.add(new Contig(entry.name(), code, letters.toByteArray()));
      }
    }
  }

  private void run() throws Exception {
    List<String> jvm =
        List.of(
            "-Xmx" + heap,
            "--add-modules=jdk.incubator.vector",
            "--add-opens=java.base/java.util=ALL-UNNAMED");
    try (Child broker = Child.start(LocalBroker.class, List.of("-Xmx512m"), List.of("0"));
        Child process =
            Child.start(
                AnnotationJobProcess.class,
                jvm,
                List.of(model.toString(), job.get("parallelism")))) {
      flink = process;
      bootstrap = broker.line();
      System.out.println(flink.line());
      System.out.printf(
          Locale.ROOT,
          "%,d bases in %d contigs, chunks of %s; %s tasks; load average %.1f%n",
          bases,
          contigs.size(),
          chunk,
          job.get("parallelism"),
          ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
      double wild = prodigal();
      bare(); // compiles
      job(0, chunk, broker);
      List<Double> ratios = new ArrayList<>();
      double before = bare();
      for (int round = 1; round <= rounds; round++) {
        double through = job(round, chunk, broker);
        double after = bare();
        ratios.add(2 * through / (before + after));
        before = after;
      }
      Collections.sort(ratios);
      if (!ratios.isEmpty()) {
        System.out.printf(
            Locale.ROOT,
            "through Kafka / bare, Mb per CPU s: median %.2f (%.2f, %.2f)%s%n",
            ratios.get(ratios.size() / 2),
            ratios.get(0),
            ratios.get(ratios.size() - 1),
            Double.isNaN(wild) ? "" : String.format(Locale.ROOT, "; Prodigal %.3f", wild));
      }
      live();
      if (many > 0) {
        many();
      }
    }
  }

  /** Mb per CPU second; NaN if Prodigal is not installed. */
  private double prodigal() throws IOException, InterruptedException {
    Optional<Prodigal> installed = Prodigal.find();
    if (installed.isEmpty()) {
      System.out.println("  Prodigal is not installed here.");
      return Double.NaN;
    }
    Prodigal prodigal = installed.get();
    double rate = bases / 1e6 / prodigal.annotate(fasta, contigs.get(0).code, bases).cpuSeconds();
    System.out.printf(Locale.ROOT, "  %s %7.3f Mb per CPU s%n", prodigal.version(), rate);
    return rate;
  }

  private double bare() throws IOException {
    Duration cpu = flink.cpu();
    long began = System.nanoTime();
    String[] reply = flink.ask("bare " + fasta.toAbsolutePath() + " " + chunk).split(" ");
    double wall = (System.nanoTime() - began) / 1e9;
    double rate = bases / 1e6 / (flink.cpu().minus(cpu).toMillis() / 1e3);
    System.out.printf(
        Locale.ROOT,
        "  bare     %7.3f Mb per CPU s, %7.3f Mb/s; %s genes%n",
        rate,
        bases / 1e6 / wall,
        reply[1]);
    return rate;
  }

  private Topics begin() throws IOException {
    String stream = "dna-" + streams++;
    Topics topics = Topics.of("riffle", stream);
    topics.create(bootstrap, Integer.parseInt(job.get("parallelism")), PATIENCE);
    StringBuilder line = new StringBuilder("job");
    line.append(" --bootstrap=").append(bootstrap);
    line.append(" --stream=").append(stream);
    line.append(" --model=").append(model.toAbsolutePath());
    job.forEach((name, value) -> line.append(" --").append(name).append('=').append(value));
    flink.ask(line.toString());
    return topics;
  }

  /** One job from its start to the last contig's end; Mb per CPU second. */
  private double job(int round, int chunk, Child broker) throws Exception {
    Topics topics = begin();
    Duration cpu = flink.cpu();
    Duration brokers = broker.cpu();
    long began = System.nanoTime();
    Thread sender = new Thread(() -> send(topics.in(), chunk, Integer.MAX_VALUE));
    sender.start();
    int[] genes = {0};
    receive(
        List.of(topics.finals(), topics.sessions(), topics.deadLetters()),
        contigs.size(),
        gene -> genes[0]++);
    double wall = (System.nanoTime() - began) / 1e9;
    double seconds = flink.cpu().minus(cpu).toMillis() / 1e3;
    double brokerSeconds = broker.cpu().minus(brokers).toMillis() / 1e3;
    sender.join();
    String[] times = flink.ask("end").split(" ");
    System.out.printf(
        Locale.ROOT,
        "  %s %7.3f Mb per CPU s, %7.3f Mb/s; %d genes; of %.2f CPU s: compute %.2f, assembly %.2f"
            + " (of the last 1024 batches), %s rows a batch; broker %.2f%n",
        round == 0 ? "warm-up " : "job     ",
        bases / 1e6 / seconds,
        bases / 1e6 / wall,
        genes[0],
        seconds,
        Double.parseDouble(times[0]),
        Double.parseDouble(times[1]),
        times[2],
        brokerSeconds);
    return bases / 1e6 / seconds;
  }

  /** Delays of genes with chunks of one token. */
  private void live() throws Exception {
    Topics topics = begin();
    Thread sender = new Thread(() -> send(topics.in(), LIVE_CHUNK, 200_000));
    sender.start();
    List<Long> forward = new ArrayList<>();
    List<Long> reverse = new ArrayList<>();
    receive(
        List.of(topics.preview(), topics.sessions(), topics.deadLetters()),
        contigs.size(),
        gene -> {
          if (gene.getStatus() == GeneStatus.PUBLISHED && gene.getPartial().charAt(1) == '0') {
            (gene.getStrand().equals("+") ? forward : reverse)
                .add(gene.getBasesRead() - gene.getRight());
          }
        });
    sender.join();
    flink.ask("end");
    System.out.println("  delay in bases with chunks of 30, p50, p95, max:");
    System.out.println("    forward " + spread(forward) + "; reverse " + spread(reverse));
  }

  private static String spread(List<Long> values) {
    if (values.isEmpty()) {
      return "none";
    }
    Collections.sort(values);
    int last = values.size() - 1;
    return String.format(
        Locale.ROOT,
        "%d, %d, %d (%d genes)",
        values.get(last / 2),
        values.get(last * 95 / 100),
        values.get(last),
        values.size());
  }

  /** Heap per contig while many are open at once. */
  private void many() throws Exception {
    Topics topics = begin();
    long empty = Long.parseLong(flink.ask("heap"));
    int count = many;
    byte[] genome =
        SyntheticGenome.make("many", manyBases, 1, GeneticCode.BACTERIAL.number()).bases();
    AvroCodec<ReadChunk> codec = AvroCodec.of(ReadChunk.class);
    long began = System.nanoTime();
    try (KafkaProducer<byte[], byte[]> producer = producer()) {
      for (int i = 0; i < count; i++) {
        send(
            producer,
            codec,
            topics.in(),
            new Contig("many-" + i, 11, genome),
            0,
            genome.length,
            false);
      }
    }
    receive(List.of(topics.sessions(), topics.deadLetters()), -count, gene -> {});
    double seconds = (System.nanoTime() - began) / 1e9;
    long full = Long.parseLong(flink.ask("heap"));
    flink.ask("end");
    System.out.printf(
        Locale.ROOT,
        "  %,d contigs open at once after %,d bases each (%.1f s): %,d bytes of heap each; heap of"
            + " Flink %,.0f MB, at most %s%n",
        count,
        genome.length,
        seconds,
        (full - empty) / count,
        full / 1e6,
        heap);
  }

  private KafkaProducer<byte[], byte[]> producer() {
    return new KafkaProducer<>(
        Map.of("bootstrap.servers", bootstrap, "max.request.size", LocalBroker.MAX_MESSAGE_BYTES),
        new ByteArraySerializer(),
        new ByteArraySerializer());
  }

  /** Sends the contigs chunk by chunk, taking turns, each as far as {@code most} bases. */
  private void send(String topic, int chunk, int most) {
    AvroCodec<ReadChunk> codec = AvroCodec.of(ReadChunk.class);
    try (KafkaProducer<byte[], byte[]> producer = producer()) {
      boolean going = true;
      for (int at = 0; going; at += chunk) {
        going = false;
        for (Contig contig : contigs) {
          int length = Math.min(most, contig.bases.length);
          if (at < length) {
            int count = Math.min(chunk, length - at);
            send(producer, codec, topic, contig, at, count, at + count == length);
            going |= at + count < length;
          }
        }
      }
    }
  }

  private static void send(
      KafkaProducer<byte[], byte[]> producer,
      AvroCodec<ReadChunk> codec,
      String topic,
      Contig contig,
      int at,
      int count,
      boolean end) {
    ReadChunk chunk =
        ReadChunk.newBuilder()
            .setSequenceId(contig.id)
            .setSequenceStart(at == 0)
            .setSequenceEnd(end)
            .setPosition(at)
            .setCaptureTime(Instant.now())
            .setBases(ByteBuffer.wrap(contig.bases, at, count))
            .setGeneticCode(contig.code)
            .build();
    producer.send(
        new ProducerRecord<>(
            topic, contig.id.getBytes(StandardCharsets.UTF_8), codec.encode(chunk)));
  }

  private interface GeneListener {
    void accept(GeneEvent gene);
  }

  /**
   * Reads topics until so many sessions have ended; below 0, until so many have started.
   *
   * @throws IllegalStateException on a dead letter, or if no further record arrives
   */
  private void receive(List<String> names, int sessions, GeneListener listener) {
    AvroCodec<GeneEvent> genes = AvroCodec.of(GeneEvent.class);
    AvroCodec<SessionEvent> events = AvroCodec.of(SessionEvent.class);
    SessionKind wanted = sessions < 0 ? SessionKind.STARTED : SessionKind.ENDED;
    int missing = Math.abs(sessions);
    long last = System.nanoTime();
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(
            Map.of("bootstrap.servers", bootstrap, "isolation.level", "read_committed"),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer())) {
      List<TopicPartition> partitions =
          names.stream()
              .flatMap(topic -> consumer.partitionsFor(topic).stream())
              .map(p -> new TopicPartition(p.topic(), p.partition()))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      boolean quiet = false;
      while (missing > 0 || !quiet) {
        quiet = true;
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(50))) {
          quiet = false;
          if (record.topic().contains(".dlq.")) {
            throw new IllegalStateException(
                "A dead letter: "
                    + AvroCodec.of(DeadLetter.class).decode(record.value()).getError());
          }
          if (record.topic().contains(".sessions.")) {
            missing -= events.decode(record.value()).getKind() == wanted ? 1 : 0;
          } else {
            listener.accept(genes.decode(record.value()));
          }
          last = System.nanoTime();
        }
        if (System.nanoTime() - last > LIMIT) {
          throw new IllegalStateException(
              missing
                  + " contigs are still missing, and no record arrives. See the log of the job.");
        }
      }
    }
  }
}
