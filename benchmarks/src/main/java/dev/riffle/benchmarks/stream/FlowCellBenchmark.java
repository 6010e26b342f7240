package dev.riffle.benchmarks.stream;

import dev.riffle.benchmarks.support.Child;
import dev.riffle.benchmarks.support.JobBenchmark;
import dev.riffle.cli.shared.Percentiles;
import dev.riffle.evaluation.reads.SimulatedReads;
import dev.riffle.jobs.options.JobOptions;
import dev.riffle.jobs.readuntil.DecisionMapper;
import dev.riffle.jobs.readuntil.ReadUntilJob;
import dev.riffle.jobs.stream.FlinkOptions;
import dev.riffle.jobs.stream.Topics;
import dev.riffle.local.LocalBroker;
import dev.riffle.local.LocalCluster;
import dev.riffle.schemas.AvroCodec;
import dev.riffle.schemas.record.ReadChunk;
import dev.riffle.schemas.record.ReadDecision;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * A flow cell that obeys: its channels call 450 bases/s each and send a chunk every 0.4 s through
 * Kafka and Flink; a read that is rejected ends with the next chunk, and the channel takes another.
 * Broker and Flink are separate processes.
 *
 * <p>The latency of a decision runs from the moment its chunk is due, its last base having been
 * called, to the moment the decision is read from the preview topic.
 *
 * <p>{@code ./riffle bench stream flow-cell --channels=512}
 */
@Command(
    name = "flow-cell",
    description = "Channels that obey the decisions of the read-until job: latency and enrichment.",
    footer = "%nAll other options, such as --parallelism=2, are passed to the job.")
public final class FlowCellBenchmark extends JobBenchmark {
  private static final int CHUNK = 180;
  private static final long CHUNK_MICROS = 400_000;
  private static final int SHORTEST_READ = 1_800;
  private static final int LONGEST_READ = 12_600;
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @Option(
      names = "--channels",
      defaultValue = "512",
      description = "Channels of the flow cell (default: ${DEFAULT-VALUE}).")
  private int channels;

  @Option(
      names = "--seconds",
      defaultValue = "30",
      description = "Measured seconds (default: ${DEFAULT-VALUE}).")
  private int seconds;

  @Option(
      names = "--warm-up",
      defaultValue = "20",
      description = "Seconds before the measurement (default: ${DEFAULT-VALUE}).")
  private int warmUp;

  @Option(
      names = "--share",
      paramLabel = "PERCENT",
      defaultValue = "10",
      description = "Share of target reads in percent (default: ${DEFAULT-VALUE}).")
  private double percent;

  @Option(
      names = "--model",
      defaultValue = "demo/models/read-until/1",
      description = "Model directory (default: ${DEFAULT-VALUE}).")
  private Path model;

  @Option(
      names = "--targets",
      split = ",",
      description = "FASTA files of the target genomes (default: a synthetic genome).")
  private List<Path> targetFiles = List.of();

  @Option(
      names = "--background",
      split = ",",
      description = "FASTA files of the background genomes (default: a synthetic genome).")
  private List<Path> backgroundFiles = List.of();

  private double share;
  private SimulatedReads targets;
  private SimulatedReads background;
  private final Map<String, ReadDecision> decided = new ConcurrentHashMap<>();
  private final Map<String, Long> seenMicros = new ConcurrentHashMap<>();

  @Override
  public Integer call() throws Exception {
    Path temporary = Files.createTempDirectory("riffle-flow-cell");
    try {
      if (targetFiles.isEmpty()) {
        targetFiles = List.of(write(temporary, "target", SimulatedReads.genome(300_000, 1001)));
      }
      if (backgroundFiles.isEmpty()) {
        backgroundFiles =
            List.of(write(temporary, "background", SimulatedReads.genome(3_000_000, 1002)));
      }
      share = percent / 100;
      targets = SimulatedReads.of(targetFiles);
      background = SimulatedReads.of(backgroundFiles);
      List<String> arguments = new ArrayList<>(jobArguments());
      arguments.add("--model=" + model);
      arguments.add("--targets=" + names(targetFiles));
      arguments.add("--background=" + names(backgroundFiles));
      run(arguments);
      return 0;
    } finally {
      Files.deleteIfExists(temporary.resolve("target.fasta"));
      Files.deleteIfExists(temporary.resolve("background.fasta"));
      Files.delete(temporary);
    }
  }

  private static Path write(Path folder, String name, byte[] letters) throws IOException {
    Path file = folder.resolve(name + ".fasta");
    Files.writeString(
        file, ">" + name + "\n" + new String(letters, StandardCharsets.US_ASCII) + "\n");
    return file;
  }

  private static String names(List<Path> files) {
    return files.stream().map(Path::toString).collect(Collectors.joining(","));
  }

  private void run(List<String> job) throws Exception {
    try (Child broker = Child.start(LocalBroker.class, List.of("-Xmx512m"), List.of("0"))) {
      String bootstrap = broker.line();
      Topics topics = Topics.of("riffle", "cell");
      topics.create(bootstrap, 2, PATIENCE);
      List<String> options = new ArrayList<>(job);
      options.addAll(List.of("--bootstrap=" + bootstrap, "--stream=cell"));
      List<String> jvm =
          List.of(
              "-Xmx1g",
              "--add-modules=jdk.incubator.vector",
              "--add-opens=java.base/java.util=ALL-UNNAMED");
      try (Child flink = Child.start(Flink.class, jvm, options)) {
        flink.line(); // the job runs
        measure(bootstrap, topics, flink, broker);
      }
    }
  }

  private void measure(String bootstrap, Topics topics, Child flink, Child broker)
      throws Exception {
    long begin = LiveStreamsBenchmark.nowMicros() + 1_000_000;
    long measured = begin + warmUp * 1_000_000L;
    long end = measured + seconds * 1_000_000L;
    Cell cell = new Cell(begin, measured, end);
    Thread sender = new Thread(() -> cell.send(bootstrap, topics.in()));
    sender.start();
    Duration[] cpu = new Duration[4];
    try (KafkaConsumer<byte[], byte[]> consumer =
        LiveStreamsBenchmark.consumer(bootstrap, topics.preview())) {
      AvroCodec<ReadDecision> codec = AvroCodec.of(ReadDecision.class);
      long stop = end + 2_000_000; // for the last chunk's decisions
      for (long now = LiveStreamsBenchmark.nowMicros();
          now < stop;
          now = LiveStreamsBenchmark.nowMicros()) {
        if (now >= measured && cpu[0] == null) {
          cpu[0] = flink.cpu();
          cpu[1] = broker.cpu();
        }
        if (now >= end && cpu[2] == null) {
          cpu[2] = flink.cpu();
          cpu[3] = broker.cpu();
        }
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(5))) {
          ReadDecision decision = codec.decode(record.value());
          if (decided.putIfAbsent(decision.getReadId(), decision) == null) {
            seenMicros.put(decision.getReadId(), LiveStreamsBenchmark.nowMicros());
          }
        }
      }
    }
    sender.join();
    print(cell, cpu[2].minus(cpu[0]), cpu[3].minus(cpu[1]));
  }

  private void print(Cell cell, Duration flink, Duration broker) {
    List<Double> visible = new ArrayList<>();
    List<Double> queue = new ArrayList<>();
    List<Double> compute = new ArrayList<>();
    long[] ofTargets = new long[3]; // right, wrong, unknown
    long[] ofRest = new long[3];
    long[] byChunks = new long[4]; // decided with the chunk 1, 2, 3, later
    for (Map.Entry<String, ReadDecision> e : decided.entrySet()) {
      ReadDecision decision = e.getValue();
      long captured = ChronoUnit.MICROS.between(Instant.EPOCH, decision.getCaptureTime());
      if (captured < cell.measured || decision.getReason().equals("end")) {
        continue;
      }
      visible.add((seenMicros.get(e.getKey()) - captured - CHUNK_MICROS) / 1e3);
      queue.add(decision.getLatency().getQueueMicros() / 1e3);
      compute.add(decision.getLatency().getComputeMicros() / 1e3);
      byChunks[(int) Math.min(3, (decision.getBases() - 1) / CHUNK)]++;
      boolean target = e.getKey().startsWith("t");
      boolean kept = decision.getAction().equals(DecisionMapper.SEQUENCE);
      int kind = decision.getReason().equals("limit") ? 2 : kept == target ? 0 : 1;
      (target ? ofTargets : ofRest)[kind]++;
    }
    System.out.printf(
        Locale.ROOT,
        "%d channels for %d s: %d chunks, %d sent more than 0.1 s late; Flink %.2f cores, broker"
            + " %.2f%n",
        channels,
        seconds,
        cell.chunks,
        cell.late,
        flink.toMillis() / 1e3 / seconds,
        broker.toMillis() / 1e3 / seconds);
    System.out.printf(
        Locale.ROOT,
        "decisions          %d: with the chunk 1 %d, 2 %d, 3 %d, later %d%n",
        visible.size(),
        byChunks[0],
        byChunks[1],
        byChunks[2],
        byChunks[3]);
    System.out.printf(
        Locale.ROOT,
        "latency            p50 %s p95 %s p99 %s ms from the chunk's last base to the decision in"
            + " hand; in the queue %s/%s/%s, computing %s/%s/%s%n",
        at(visible, 0.5),
        at(visible, 0.95),
        at(visible, 0.99),
        at(queue, 0.5),
        at(queue, 0.95),
        at(queue, 0.99),
        at(compute, 0.5),
        at(compute, 0.95),
        at(compute, 0.99));
    System.out.printf(
        Locale.ROOT,
        "reads of targets   %d sequenced, %d unblocked, %d unknown%nother reads        %d"
            + " unblocked, %d sequenced, %d unknown%n",
        ofTargets[0],
        ofTargets[1],
        ofTargets[2],
        ofRest[0],
        ofRest[1],
        ofRest[2]);
    System.out.printf(
        Locale.ROOT,
        "bases of targets   %.1f %% of all that was called; %.1f %% of the reads were targets'%n",
        100.0 * cell.targetBases / Math.max(1, cell.bases),
        100.0 * cell.targetReads / Math.max(1, cell.reads));
  }

  /** The sending side: what each channel holds, and what was called in the measured time. */
  private final class Cell {
    final long begin;
    final long measured;
    final long end;
    long chunks;
    long late;
    long bases;
    long targetBases;
    long reads;
    long targetReads;

    private final Random random = new Random(5);
    private final String[] ids = new String[channels];
    private final byte[][] letters = new byte[channels][];
    private final int[] positions = new int[channels];

    Cell(long begin, long measured, long end) {
      this.begin = begin;
      this.measured = measured;
      this.end = end;
    }

    /** Sends every channel's chunks when they are due, the channels spread over a chunk's time. */
    void send(String bootstrap, String topic) {
      AvroCodec<ReadChunk> codec = AvroCodec.of(ReadChunk.class);
      Map<String, Object> config = Map.of("bootstrap.servers", bootstrap, "linger.ms", 0);
      try (KafkaProducer<byte[], byte[]> producer =
          new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer())) {
        for (long k = 0; ; k++) {
          for (int c = 0; c < channels; c++) {
            long captured = begin + k * CHUNK_MICROS + c * CHUNK_MICROS / channels;
            long due = captured + CHUNK_MICROS;
            if (due >= end) {
              return;
            }
            for (long now = LiveStreamsBenchmark.nowMicros();
                now < due;
                now = LiveStreamsBenchmark.nowMicros()) {
              LockSupport.parkNanos((due - now) * 1000);
            }
            boolean counts = due >= measured;
            ReadChunk chunk = next(c, captured, counts);
            if (counts) {
              chunks++;
              late += LiveStreamsBenchmark.nowMicros() - due > 100_000 ? 1 : 0;
            }
            producer.send(
                new ProducerRecord<>(
                    topic,
                    null,
                    captured / 1000,
                    chunk.getSequenceId().getBytes(StandardCharsets.UTF_8),
                    codec.encode(chunk)));
          }
        }
      }
    }

    private ReadChunk next(int channel, long captured, boolean counts) {
      if (ids[channel] == null) {
        boolean target = random.nextDouble() < share;
        ids[channel] = (target ? "t-" : "r-") + channel + "-" + captured;
        int length = SHORTEST_READ + random.nextInt(LONGEST_READ - SHORTEST_READ);
        letters[channel] = (target ? targets : background).read(length, random);
        positions[channel] = 0;
        if (counts) {
          reads++;
          targetReads += target ? 1 : 0;
        }
      }
      int from = positions[channel];
      int to = Math.min(letters[channel].length, from + CHUNK);
      ReadDecision decision = decided.get(ids[channel]);
      boolean ends =
          to == letters[channel].length
              || decision != null && decision.getAction().equals(DecisionMapper.UNBLOCK);
      ReadChunk chunk =
          ReadChunk.newBuilder()
              .setSequenceId(ids[channel])
              .setSequenceStart(from == 0)
              .setSequenceEnd(ends)
              .setPosition(from)
              .setCaptureTime(Instant.EPOCH.plus(captured, ChronoUnit.MICROS))
              .setBases(ByteBuffer.wrap(letters[channel], from, to - from))
              .setChannel(channel + 1)
              .build();
      if (counts) {
        bases += to - from;
        targetBases += ids[channel].startsWith("t") ? to - from : 0;
      }
      positions[channel] = to;
      if (ends) {
        ids[channel] = null;
      }
      return chunk;
    }
  }

  private static String at(List<Double> values, double quantile) {
    if (values.isEmpty()) {
      return "-";
    }
    return String.format(Locale.ROOT, "%.1f", Percentiles.of(values, quantile).orElseThrow());
  }

  /** Cluster and job in a separate process: prints "running", ends with its standard input. */
  public static final class Flink {
    private Flink() {}

    public static void main(String[] args) throws IOException {
      JobOptions options = new ReadUntilJob().parse(args);
      try (LocalCluster cluster = LocalCluster.start(options.get(FlinkOptions.PARALLELISM))) {
        cluster.submit(new ReadUntilJob().onKafka(options).environment());
        System.out.println("running");
        System.out.flush();
        while (System.in.read() >= 0) {
          // waits for the end of input
        }
      }
    }
  }
}
