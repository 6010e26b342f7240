package dev.riffle.jobs.readuntil;

import dev.riffle.dna.Nucleotides;
import dev.riffle.dna.readuntil.ReadUntil;
import dev.riffle.dna.readuntil.ReadUntilFamily;
import dev.riffle.dna.readuntil.ReadVerdict;
import dev.riffle.dna.readuntil.References;
import dev.riffle.dna.readuntil.SequentialTest;
import dev.riffle.kernels.Backends;
import dev.riffle.models.BatchItem;
import dev.riffle.models.StreamRunner;
import dev.riffle.models.weights.ModelDirectory;
import dev.riffle.schemas.AvroCodec;
import dev.riffle.schemas.record.ReadChunk;
import dev.riffle.schemas.record.ReadDecision;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * Synthetic reads of two synthetic genomes as records of an input topic, and what has to come of
 * them.
 */
final class Reads {
  /** The shipped model, from this module's directory. */
  static final Path MODEL = Path.of("..", "demo", "models", "read-until", "1");

  /** So strict that a read takes more than a chunk. */
  static final SequentialTest TEST = new SequentialTest(1e-4, 1e-4, 900);

  static final int CHUNK = 180;

  private static final long START = 1_700_000_000_000_000L;
  private static final int COUNT = 24;
  private static final long CHUNK_MICROS = 400_000;
  private static final long STAGGER_MICROS = 150_000;
  private static final String TARGET = genome(1, 20_000);
  private static final String BACKGROUND = genome(2, 20_000);

  private Reads() {}

  /** Id to letters: reads of targets are called t0, t2 ..., others r1, r3 ...; 900 bases each. */
  static Map<String, String> all() {
    Map<String, String> reads = new TreeMap<>();
    Random random = new Random(7);
    for (int i = 0; i < COUNT; i++) {
      String genome = i % 2 == 0 ? TARGET : BACKGROUND;
      int at = random.nextInt(genome.length() - 900);
      StringBuilder read = new StringBuilder(genome.substring(at, at + 900));
      for (int e = 0; e < 45; e++) {
        read.setCharAt(random.nextInt(900), "ACGT".charAt(random.nextInt(4)));
      }
      reads.put((i % 2 == 0 ? "t" : "r") + i, read.toString());
    }
    return reads;
  }

  /** Writes the references; answers the options that name them. */
  static String[] options(Path directory) {
    Path target = directory.resolve("target.fasta");
    Path background = directory.resolve("background.fasta");
    try {
      Files.writeString(target, ">target\n" + TARGET + "\n");
      Files.writeString(background, ">background\n" + BACKGROUND + "\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new String[] {
      "--targets=" + target,
      "--background=" + background,
      "--max-false-accept=" + TEST.falseAccept(),
      "--max-false-reject=" + TEST.falseReject(),
      "--max-bases=" + TEST.maxBases()
    };
  }

  /** What the model alone says of a read that comes whole. */
  static ReadVerdict offline(String letters) {
    References references =
        References.builder().target(bytes(TARGET)).background(bytes(BACKGROUND)).build();
    StreamRunner<ReadVerdict> runner =
        ReadUntilFamily.load(ModelDirectory.read(MODEL), references, TEST, Backends.find("cpu"))
            .newRunner();
    int width = ReadUntil.FORMAT.width();
    float[] values = new float[width * letters.length()];
    for (int i = 0; i < letters.length(); i++) {
      int letter = Nucleotides.of((byte) letters.charAt(i));
      values[width * i] = Nucleotides.value(letter);
    }
    BatchItem<ReadVerdict> row =
        new BatchItem<>(
            ReadUntil.FORMAT, runner.open(ReadUntil.FORMAT), values, 0, letters.length());
    runner.finish(List.of(row));
    return row.predictions.get(0).value();
  }

  /** A chunk that is as it should be; read number {@code i} begins {@code i} times 0.15 s later. */
  static ReadChunk chunk(String id, String letters, int position) {
    int end = Math.min(letters.length(), position + CHUNK);
    int number = Integer.parseInt(id.substring(1));
    long micros = START + STAGGER_MICROS * number + CHUNK_MICROS * (position / CHUNK);
    return ReadChunk.newBuilder()
        .setSequenceId(id)
        .setSequenceStart(position == 0)
        .setSequenceEnd(end == letters.length())
        .setPosition(position)
        .setCaptureTime(Instant.EPOCH.plus(micros, ChronoUnit.MICROS))
        .setBases(bytes(letters.substring(position, end)))
        .setQuality(bytes("5".repeat(end - position)))
        .setChannel(number + 1)
        .build();
  }

  /** The chunks of all reads in the order of their capture. */
  static List<ReadChunk> chunks() {
    List<ReadChunk> chunks = new ArrayList<>();
    all()
        .forEach(
            (id, letters) -> {
              for (int at = 0; at < letters.length(); at += CHUNK) {
                chunks.add(chunk(id, letters, at));
              }
            });
    chunks.sort(
        Comparator.comparing(ReadChunk::getCaptureTime).thenComparing(ReadChunk::getSequenceId));
    return chunks;
  }

  /** The chunk as it stands on a topic; its timestamp is the capture time. */
  static ProducerRecord<byte[], byte[]> record(String topic, ReadChunk chunk) {
    return new ProducerRecord<>(
        topic,
        null,
        chunk.getCaptureTime().toEpochMilli(),
        chunk.getSequenceId().getBytes(StandardCharsets.UTF_8),
        AvroCodec.of(ReadChunk.class).encode(chunk));
  }

  /** Decisions by read, each in the order of their records. */
  static Map<String, List<ReadDecision>> decisions(List<ConsumerRecord<byte[], byte[]>> records) {
    AvroCodec<ReadDecision> codec = AvroCodec.of(ReadDecision.class);
    Map<String, List<ReadDecision>> decisions = new TreeMap<>();
    for (ConsumerRecord<byte[], byte[]> r : records) {
      decisions
          .computeIfAbsent(new String(r.key(), StandardCharsets.UTF_8), k -> new ArrayList<>())
          .add(codec.decode(r.value()));
    }
    return decisions;
  }

  private static String genome(long seed, int length) {
    Random random = new Random(seed);
    StringBuilder letters = new StringBuilder(length);
    for (int i = 0; i < length; i++) {
      letters.append("ACGT".charAt(random.nextInt(4)));
    }
    return letters.toString();
  }

  private static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
  }
}
