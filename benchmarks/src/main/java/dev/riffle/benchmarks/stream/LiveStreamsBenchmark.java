package dev.riffle.benchmarks.stream;

import dev.riffle.benchmarks.support.Child;
import dev.riffle.benchmarks.support.JobBenchmark;
import dev.riffle.cli.shared.Percentiles;
import dev.riffle.jobs.options.JobOptions;
import dev.riffle.jobs.stream.FlinkOptions;
import dev.riffle.jobs.stream.Topics;
import dev.riffle.jobs.transcription.TranscriptionJob;
import dev.riffle.local.LocalBroker;
import dev.riffle.local.LocalCluster;
import dev.riffle.models.weights.Safetensors;
import dev.riffle.schemas.AvroCodec;
import dev.riffle.schemas.record.AudioChunk;
import dev.riffle.schemas.record.Latency;
import dev.riffle.schemas.record.NoteEvent;
import dev.riffle.schemas.record.NoteKind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
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
 * Live streams through Kafka and Flink in real time: CPU per stream, latency of its notes, and how
 * many streams the machine sustains.
 *
 * <pre>
 *   this process: chunks of 32 ms, each sent when its last sample would have been captured;
 *                 notes read from preview, their parts of latency collected
 *      |  broker, a separate process whose CPU is reported separately
 *   Flink, a separate process: cluster and job; its CPU seconds are what a stream costs
 * </pre>
 *
 * <p>{@code ./riffle bench stream live --streams=1,20}
 */
@Command(
    name = "live",
    description = "Live streams of sound in real time: CPU per stream and latency of notes.",
    footer = "%nAll other options, such as --max-batch-size=8, are passed to the job.")
public final class LiveStreamsBenchmark extends JobBenchmark {
  private static final int RATE = 16_000;
  private static final int CHUNK = 512; // samples: 32 ms
  private static final long CHUNK_MICROS = CHUNK * 1_000_000L / RATE;
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** Parts of the visible latency. */
  private enum Part {
    ALGORITHMIC,
    QUEUE,
    COMPUTE,
    TRANSPORT,
    VISIBLE
  }

  @Option(
      names = "--streams",
      split = ",",
      paramLabel = "N",
      defaultValue = "1,20",
      description = "Numbers of streams, one run each (default: ${DEFAULT-VALUE}).")
  private List<Integer> streams;

  @Option(
      names = "--seconds",
      defaultValue = "30",
      description = "Measured seconds of each run (default: ${DEFAULT-VALUE}).")
  private int seconds;

  @Option(
      names = "--warm-up",
      defaultValue = "40",
      description = "Seconds of each run before the measurement (default: ${DEFAULT-VALUE}).")
  private int warmUp;

  @Option(
      names = "--model",
      defaultValue = "demo/models/lru-transcriber/1",
      description = "Model directory (default: ${DEFAULT-VALUE}).")
  private Path model;

  private short[] pcm;

  @Override
  public Integer call() throws Exception {
    long[] samples =
        Safetensors.read(model.resolve("golden").resolve("piano.safetensors")).longs("pcm");
    pcm = new short[samples.length / CHUNK * CHUNK];
    for (int i = 0; i < pcm.length; i++) {
      pcm[i] = (short) samples[i];
    }
    System.out.println(
        "streams | notes | late chunks | Flink CPU s per audio s and stream | Flink cores"
            + " | broker cores | algorithmic | queue | compute | transport | visible"
            + " (ms, p50/p95/p99)");
    for (int count : streams) {
      run(count);
    }
    return 0;
  }

  /** Broker and Flink as processes, one load, one line. */
  private void run(int streams) throws Exception {
    try (Child broker = Child.start(LocalBroker.class, List.of("-Xmx512m"), List.of("0"))) {
      String bootstrap = broker.line();
      Topics topics = Topics.of("riffle", "live");
      topics.create(bootstrap, 2, PATIENCE);
      List<String> options = new ArrayList<>(jobArguments());
      options.addAll(List.of("--bootstrap=" + bootstrap, "--stream=live", "--model=" + model));
      List<String> jvm =
          List.of(
              "-Xmx1g",
              "--add-modules=jdk.incubator.vector",
              "--add-opens=java.base/java.util=ALL-UNNAMED");
      try (Child flink = Child.start(Flink.class, jvm, options)) {
        flink.line(); // the job runs
        measure(streams, bootstrap, topics, flink, broker);
      }
    }
  }

  private void measure(int streams, String bootstrap, Topics topics, Child flink, Child broker)
      throws Exception {
    long begin = nowMicros() + 1_000_000;
    long measured = begin + warmUp * 1_000_000L;
    long end = measured + seconds * 1_000_000L;
    Map<Part, List<Double>> latencies = new EnumMap<>(Part.class);
    for (Part part : Part.values()) {
      latencies.put(part, new ArrayList<>());
    }
    int[] late = new int[1];
    Thread sender =
        new Thread(() -> late[0] = send(streams, bootstrap, topics.in(), begin, measured, end));
    sender.start();
    Duration[] cpu = new Duration[4];
    try (KafkaConsumer<byte[], byte[]> consumer = consumer(bootstrap, topics.preview())) {
      AvroCodec<NoteEvent> codec = AvroCodec.of(NoteEvent.class);
      for (long now = nowMicros(); now < end; now = nowMicros()) {
        if (now >= measured && cpu[0] == null) {
          cpu[0] = flink.cpu();
          cpu[1] = broker.cpu();
        }
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(20))) {
          NoteEvent note = codec.decode(record.value());
          long seen = nowMicros();
          if (seen >= measured && note.getKind() == NoteKind.ON) {
            add(latencies, note.getLatency(), seen);
          }
        }
      }
      cpu[2] = flink.cpu();
      cpu[3] = broker.cpu();
    }
    sender.join();
    double flinkCpu = cpu[2].minus(cpu[0]).toMillis() / 1e3;
    double brokerCpu = cpu[3].minus(cpu[1]).toMillis() / 1e3;
    StringBuilder line =
        new StringBuilder(
            String.format(
                Locale.ROOT,
                "%d | %d | %d | %.4f | %.2f | %.2f",
                streams,
                latencies.get(Part.VISIBLE).size(),
                late[0],
                flinkCpu / seconds / streams,
                flinkCpu / seconds,
                brokerCpu / seconds));
    latencies.forEach((part, values) -> line.append(" | ").append(percentiles(values)));
    System.out.println(line);
  }

  /**
   * Sends every stream's chunks when they are due, the streams evenly spread over a chunk's length.
   *
   * @return measured chunks that left more than a chunk's length late: the generator's own failure
   */
  private int send(
      int streams, String bootstrap, String topic, long begin, long measured, long end) {
    int late = 0;
    AvroCodec<AudioChunk> codec = AvroCodec.of(AudioChunk.class);
    Map<String, Object> config = Map.of("bootstrap.servers", bootstrap, "linger.ms", 0);
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer())) {
      for (long k = 0; ; k++) {
        for (int s = 0; s < streams; s++) {
          long captured = begin + k * CHUNK_MICROS + s * CHUNK_MICROS / streams;
          long due = captured + CHUNK_MICROS;
          if (due >= end) {
            return late;
          }
          for (long now = nowMicros(); now < due; now = nowMicros()) {
            LockSupport.parkNanos((due - now) * 1000);
          }
          if (due >= measured && nowMicros() - due > CHUNK_MICROS) {
            late++;
          }
          AudioChunk chunk = chunk(s, k, captured);
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

  /** The sound again and again, each stream from another place in it. */
  private AudioChunk chunk(int stream, long k, long captured) {
    int chunks = pcm.length / CHUNK;
    int at = (int) ((k + 7L * stream) % chunks) * CHUNK;
    ByteBuffer bytes = ByteBuffer.allocate(2 * CHUNK).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asShortBuffer().put(pcm, at, CHUNK);
    return AudioChunk.newBuilder()
        .setSequenceId("live-" + stream)
        .setSequenceStart(k == 0)
        .setPosition(k * CHUNK)
        .setCaptureTime(Instant.EPOCH.plus(captured, ChronoUnit.MICROS))
        .setSampleRate(RATE)
        .setSamples(bytes)
        .build();
  }

  private static void add(Map<Part, List<Double>> latencies, Latency l, long seen) {
    double algorithmic = l.getAlgorithmicMicros() / 1e3;
    double queue = l.getQueueMicros() / 1e3;
    double compute = l.getComputeMicros() / 1e3;
    double visible =
        (seen - ChronoUnit.MICROS.between(Instant.EPOCH, l.getOnsetCaptureTime())) / 1e3;
    latencies.get(Part.ALGORITHMIC).add(algorithmic);
    latencies.get(Part.QUEUE).add(queue);
    latencies.get(Part.COMPUTE).add(compute);
    latencies.get(Part.TRANSPORT).add(visible - algorithmic - queue - compute);
    latencies.get(Part.VISIBLE).add(visible);
  }

  private static String percentiles(List<Double> values) {
    if (values.isEmpty()) {
      return "none";
    }
    return String.format(
        Locale.ROOT, "%.1f/%.1f/%.1f", at(values, 0.5), at(values, 0.95), at(values, 0.99));
  }

  private static double at(List<Double> values, double share) {
    return Percentiles.of(values, share).orElseThrow();
  }

  /** Reads all partitions from the beginning. */
  static KafkaConsumer<byte[], byte[]> consumer(String bootstrap, String topic) {
    KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(
            Map.of("bootstrap.servers", bootstrap),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer());
    List<TopicPartition> partitions =
        consumer.partitionsFor(topic).stream()
            .map(p -> new TopicPartition(p.topic(), p.partition()))
            .toList();
    consumer.assign(partitions);
    consumer.seekToBeginning(partitions);
    return consumer;
  }

  /** The wall clock, microseconds since the epoch. */
  static long nowMicros() {
    return ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now());
  }

  /** Cluster and job in a separate process: prints "running", ends with its standard input. */
  public static final class Flink {
    private Flink() {}

    public static void main(String[] args) throws IOException {
      JobOptions options = new TranscriptionJob().parse(args);
      try (LocalCluster cluster = LocalCluster.start(options.get(FlinkOptions.PARALLELISM))) {
        cluster.submit(new TranscriptionJob().onKafka(options).environment());
        System.out.println("running");
        System.out.flush();
        while (System.in.read() >= 0) {
          // waits for the end of input
        }
      }
    }
  }
}
