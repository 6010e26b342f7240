package dev.riffle.benchmarks.stream;

import dev.riffle.benchmarks.support.Checkout;
import dev.riffle.benchmarks.support.Child;
import dev.riffle.benchmarks.support.JobBenchmark;
import dev.riffle.jobs.stream.Topics;
import dev.riffle.local.LocalBroker;
import dev.riffle.schemas.AvroCodec;
import dev.riffle.schemas.record.DeadLetter;
import dev.riffle.schemas.record.Prediction;
import dev.riffle.schemas.record.SequenceEvent;
import java.io.IOException;
import java.lang.management.ManagementFactory;
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
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
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
 * Long windows through Kafka and the job of a YAML file, next to the bare model in the same JVM:
 * how many windows a second each computes, and where the job's time goes.
 *
 * <pre>
 *   this process: events of many keys, as fast as the broker takes them; answers read committed
 *      |  broker, a separate process
 *   Flink, a separate process: the bare model, the job, the bare model, the job, ...
 * </pre>
 *
 * The job's time runs from the first event that is sent to the last answer that is read, its commit
 * included; a round's ratio is the job's rate over the mean of the bare model's before and after
 * it. The bare model is {@code StreamRunner.advance} on whole windows, in batches of {@code
 * max-batch-size}, on as many threads as the job has tasks. Every window's answers must have the
 * bits of the bare model's.
 *
 * <p>{@code ./riffle bench stream windowed-job --model=chordmixer}. The job's {@code
 * max-queue-delay} is 50 ms by default, so that windows of many keys share a batch.
 */
@Command(
    name = "windowed-job",
    description = "Long windows through Kafka and a job file, next to the bare model.",
    footer = "%nAll other options, such as --parallelism=2, are passed to the job.")
public final class WindowedJobBenchmark extends JobBenchmark {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final long LIMIT = 900_000_000_000L; // ns without an answer
  private static final int MAX_PARALLELISM = 128;

  @Option(
      names = "--model",
      defaultValue = "chordmixer",
      description = WindowedJobCase.NAMES + " (default: ${DEFAULT-VALUE}).")
  private String caseName;

  @Option(names = "--keys", defaultValue = "16", description = "Keys (default: ${DEFAULT-VALUE}).")
  private int keyCount;

  @Option(
      names = "--windows",
      defaultValue = "8",
      description = "Windows of each key and round (default: ${DEFAULT-VALUE}).")
  private int windows;

  @Option(
      names = "--rounds",
      defaultValue = "3",
      description = "Measured rounds, after one for warm-up (default: ${DEFAULT-VALUE}).")
  private int rounds;

  @Option(
      names = "--seconds",
      defaultValue = "10",
      description = "Seconds of the bare model in each round (default: ${DEFAULT-VALUE}).")
  private String seconds;

  @Option(
      names = "--threads",
      defaultValue = "1",
      description = "Threads of the backend cpu for one batch (default: ${DEFAULT-VALUE}).")
  private int threads;

  @Option(
      names = "--heap",
      defaultValue = "2g",
      description = "Heap of the Flink process (default: ${DEFAULT-VALUE}).")
  private String heap;

  private Map<String, String> job;
  private WindowedJobCase model;
  private float[] window;
  private final List<String> keys = new ArrayList<>();

  @Override
  public Integer call() throws Exception {
    job = jobOptions();
    job.putIfAbsent("parallelism", "1");
    model = WindowedJobCase.of(caseName);
    job.putIfAbsent("max-batch-size", Integer.toString(model.batch()));
    job.putIfAbsent("max-queue-delay", "50ms");
    job.putIfAbsent("restart-attempts", "0");
    job.put("max-parallelism", Integer.toString(MAX_PARALLELISM));
    window = model.window();
    for (int i = 0; keys.size() < keyCount; i++) {
      String key = "key-" + i;
      int task =
          KeyGroupRangeAssignment.assignKeyToParallelOperator(key, MAX_PARALLELISM, parallelism());
      if (task == keys.size() % parallelism()) {
        keys.add(key); // every task gets the same number of keys
      }
    }
    run();
    return 0;
  }

  private int parallelism() {
    return Integer.parseInt(job.get("parallelism"));
  }

  /** Windows a second, and CPU seconds of the process for each. */
  private record Rate(double windows, double cpu) {}

  private void run() throws Exception {
    List<String> jvm =
        List.of(
            "-Xmx" + heap,
            "-Driffle.kernels.cpu.threads=" + threads,
            "--add-modules=jdk.incubator.vector",
            "--add-opens=java.base/java.util=ALL-UNNAMED");
    List<String> arguments =
        List.of(model.name(), Integer.toString(parallelism()), job.get("max-batch-size"));
    try (Child broker = Child.start(LocalBroker.class, List.of("-Xmx512m"), List.of("0"));
        Child flink = Child.start(WindowedJobProcess.class, jvm, arguments)) {
      String bootstrap = broker.line();
      System.out.println(flink.line());
      System.out.printf(
          Locale.ROOT,
          "%s: %d keys, %d windows of %d steps each in events of %d; %d tasks, %s threads each,"
              + " batches of at most %s; load average %.1f%n",
          model.name(),
          keys.size(),
          windows,
          model.length(),
          model.steps(),
          parallelism(),
          threads,
          job.get("max-batch-size"),
          ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
      long crc = Long.parseLong(flink.ask("answer"));
      System.out.println(flink.ask("peak"));
      bare(flink); // compiles
      job(0, windows, bootstrap, flink, broker, crc);
      List<Double> ratios = new ArrayList<>();
      List<Double> cpuRatios = new ArrayList<>();
      Rate before = bare(flink);
      for (int round = 1; round <= rounds; round++) {
        Rate through = job(round, windows, bootstrap, flink, broker, crc);
        Rate after = bare(flink);
        ratios.add(2 * through.windows / (before.windows + after.windows));
        cpuRatios.add((before.cpu + after.cpu) / 2 / through.cpu);
        before = after;
      }
      System.out.printf(
          Locale.ROOT,
          "through Kafka / bare, median (least, most): windows a second %s, windows a CPU second"
              + " %s%n",
          spread(ratios),
          spread(cpuRatios));
    }
  }

  private Rate bare(Child flink) throws IOException {
    Duration cpu = flink.cpu();
    String[] reply = flink.ask("bare " + seconds).split(" ");
    int windows = Integer.parseInt(reply[0]);
    Rate rate =
        new Rate(
            windows / Double.parseDouble(reply[1]),
            flink.cpu().minus(cpu).toMillis() / 1e3 / windows);
    System.out.printf(
        Locale.ROOT,
        "  bare     %7.3f windows/s, %.3f CPU s each (%d windows)%n",
        rate.windows,
        rate.cpu,
        windows);
    return rate;
  }

  /** One job from its start to its last answer. */
  private Rate job(int round, int windows, String bootstrap, Child flink, Child broker, long crc)
      throws Exception {
    String stream = "windows-" + round;
    Topics topics = Topics.of("riffle", stream);
    topics.create(bootstrap, Math.max(2, parallelism()), PATIENCE);
    Path file = Checkout.target("windowed-job.yaml");
    StringBuilder yaml = new StringBuilder();
    yaml.append("stream: ").append(stream);
    yaml.append("\nsource: {format: riffle, bootstrap: '").append(bootstrap).append("'}");
    yaml.append("\nmodel:\n  directory: ").append(model.directory().toAbsolutePath());
    yaml.append("\n  window: {length: ").append(model.length()).append("}\noptions:\n");
    job.forEach((name, value) -> yaml.append("  ").append(name + ": " + value + "\n"));
    Files.writeString(file, yaml);
    flink.ask("job " + file);
    Duration flinkCpu = flink.cpu();
    Duration brokerCpu = broker.cpu();
    long began = System.nanoTime();
    Thread sender = new Thread(() -> send(windows, bootstrap, topics.in()));
    sender.start();
    receive(windows, bootstrap, topics, crc);
    double seconds = (System.nanoTime() - began) / 1e9;
    int count = windows * keys.size();
    Rate rate = new Rate(count / seconds, flink.cpu().minus(flinkCpu).toMillis() / 1e3 / count);
    double brokers = broker.cpu().minus(brokerCpu).toMillis() / 1e3 / count;
    sender.join();
    double[] times = new double[5];
    String[] words = flink.ask("end").split(" ");
    for (int i = 0; i < times.length; i++) {
      times[i] = Double.parseDouble(words[i]);
    }
    double task = parallelism() * seconds / count;
    System.out.printf(
        Locale.ROOT,
        "  %s %7.3f windows/s, %.3f CPU s each, broker %.3f (%d windows); of %.3f task s each:"
            + " compute %.3f, assembly %.4f, other %.3f; an event queues %.1f s; %.1f windows a"
            + " batch; heap at most %,.0f MB%n",
        round == 0 ? "warm-up " : "job     ",
        rate.windows,
        rate.cpu,
        brokers,
        count,
        task,
        times[0] / count,
        times[1] / count,
        task - (times[0] + times[1]) / count,
        times[2],
        times[3],
        times[4] / 1e6);
    return rate;
  }

  /** Sends the windows event by event, the keys taking turns. */
  private void send(int windows, String bootstrap, String topic) {
    AvroCodec<SequenceEvent> codec = AvroCodec.of(SequenceEvent.class);
    Map<String, Object> config =
        Map.of("bootstrap.servers", bootstrap, "max.request.size", LocalBroker.MAX_MESSAGE_BYTES);
    ByteBuffer bytes =
        ByteBuffer.allocate(window.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(window);
    int size = model.steps() * model.width() * Float.BYTES;
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer())) {
      for (long at = 0; at < (long) windows * model.length(); at += model.steps()) {
        int from = (int) (at % model.length() / model.steps()) * size;
        for (String key : keys) {
          SequenceEvent event =
              SequenceEvent.newBuilder()
                  .setSequenceId(key)
                  .setSequenceStart(at == 0)
                  .setPosition(at)
                  .setCaptureTime(Instant.now())
                  .setShape(List.of(model.steps(), model.width()))
                  .setValues(bytes.slice(from, size))
                  .build();
          producer.send(
              new ProducerRecord<>(
                  topic, key.getBytes(StandardCharsets.UTF_8), codec.encode(event)));
        }
      }
    }
  }

  /** Reads all answers and compares each window's with the bare model's. */
  private void receive(int windows, String bootstrap, Topics topics, long crc) {
    AvroCodec<Prediction> codec = AvroCodec.of(Prediction.class);
    Map<String, CRC32> sums = new HashMap<>();
    Map<String, Integer> counts = new HashMap<>();
    long missing = (long) windows * keys.size() * model.answers();
    long last = System.nanoTime();
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(
            Map.of("bootstrap.servers", bootstrap, "isolation.level", "read_committed"),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer())) {
      List<TopicPartition> partitions =
          Stream.of(topics.finals(), topics.deadLetters())
              .flatMap(topic -> consumer.partitionsFor(topic).stream())
              .map(p -> new TopicPartition(p.topic(), p.partition()))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      while (missing > 0) {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(50))) {
          if (record.topic().equals(topics.deadLetters())) {
            throw new IllegalStateException(
                "A dead letter: "
                    + AvroCodec.of(DeadLetter.class).decode(record.value()).getError());
          }
          Prediction answer = codec.decode(record.value());
          String key = answer.getSequenceId();
          CRC32 sum = sums.computeIfAbsent(key, k -> new CRC32());
          sum.update(answer.getValues());
          int count = counts.merge(key, 1, Integer::sum);
          if (count % model.answers() == 0) {
            if (sum.getValue() != crc) {
              throw new IllegalStateException(
                  "The answers to a window of " + key + " are not those of the bare model.");
            }
            sum.reset();
          }
          missing--;
          last = System.nanoTime();
        }
        if (System.nanoTime() - last > LIMIT) {
          throw new IllegalStateException(
              missing + " answers have not come; has the job failed? See its log.");
        }
      }
    }
  }

  private static String spread(List<Double> values) {
    List<Double> sorted = values.stream().sorted().toList();
    return String.format(
        Locale.ROOT,
        "%.2f (%.2f, %.2f)",
        sorted.get(sorted.size() / 2),
        sorted.get(0),
        sorted.get(sorted.size() - 1));
  }
}
