package dev.riffle.jobs.annotation;

import dev.riffle.dna.GeneticCode;
import dev.riffle.dna.Nucleotides;
import dev.riffle.dna.annotator.Annotator;
import dev.riffle.dna.annotator.Gene;
import dev.riffle.dna.annotator.Gff3;
import dev.riffle.kernels.Backends;
import dev.riffle.models.BatchItem;
import dev.riffle.models.Format;
import dev.riffle.models.Prediction;
import dev.riffle.models.StreamRunner;
import dev.riffle.models.families.Families;
import dev.riffle.models.weights.ModelDirectory;
import dev.riffle.schemas.AvroCodec;
import dev.riffle.schemas.record.GeneEvent;
import dev.riffle.schemas.record.ReadChunk;
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
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;

/** The contigs of the goldens as records of an input topic, and what has to come of them. */
final class Contigs {
  /** The shipped model, from this module's directory. */
  static final Path MODEL = Path.of("..", "demo", "models", "dna-annotator", "1");

  /** When contigs begin, microseconds since the epoch. */
  static final long START = 1_700_000_000_000_000L;

  private static final double BASES_PER_SECOND = 450;
  private static final Map<String, GeneticCode> CASES =
      Map.of("case-1", GeneticCode.BACTERIAL, "case-2", GeneticCode.TABLE_4);
  private static final Map<String, Integer> CHUNKS = Map.of("c11", 7, "m1", 100, "m2", 31);

  private Contigs() {}

  /**
   * A contig of a golden.
   *
   * @param bases its letters, as they stand there
   */
  record Contig(String id, GeneticCode code, String bases) {}

  /** All contigs. */
  static List<Contig> all() {
    List<Contig> contigs = new ArrayList<>();
    new TreeMap<>(CASES)
        .forEach(
            (name, code) -> {
              for (String record : read(name + ".fasta").substring(1).split("\n>")) {
                int line = (record + "\n").indexOf('\n');
                String bases = record.substring(Math.min(record.length(), line));
                contigs.add(
                    new Contig(
                        record.substring(0, line).split(" ")[0],
                        code,
                        bases.replaceAll("\\s", "")));
              }
            });
    return contigs;
  }

  /** The lines of the goldens' GFF3, of each contig that has genes, in the order of publication. */
  static Map<String, List<String>> golden() {
    Map<String, List<String>> lines = new TreeMap<>();
    for (String name : CASES.keySet()) {
      for (String line : read(name + ".gff3").split("\n")) {
        if (!line.startsWith("#")) {
          lines.computeIfAbsent(line.split("\t")[0], c -> new ArrayList<>()).add(line);
        }
      }
    }
    return lines;
  }

  private static String read(String name) {
    try {
      return Files.readString(MODEL.resolve("golden").resolve(name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What the model alone answers to a contig that comes whole. */
  static List<Prediction<Gene>> offline(Contig contig) {
    StreamRunner<Gene> runner =
        Families.load(ModelDirectory.read(MODEL), Backends.find("cpu"), Gene.class).newRunner();
    byte[] letters = contig.bases().getBytes(StandardCharsets.US_ASCII);
    float[] values = new float[letters.length];
    Nucleotides.values(letters, 0, letters.length, values, 0);
    Format format = Annotator.format(contig.code());
    BatchItem<Gene> row = new BatchItem<>(format, runner.open(format), values, 0, values.length);
    runner.finish(List.of(row));
    return row.predictions;
  }

  /** A chunk that is as it should be. */
  static ReadChunk chunk(String id, long position, String bases) {
    return ReadChunk.newBuilder()
        .setSequenceId(id)
        .setSequenceStart(position == 0)
        .setPosition(position)
        .setCaptureTime(
            Instant.EPOCH.plus(
                START + (long) (position / BASES_PER_SECOND * 1e6), ChronoUnit.MICROS))
        .setBases(ByteBuffer.wrap(bases.getBytes(StandardCharsets.US_ASCII)))
        .build();
  }

  /** A whole contig in chunks, the last marked as the end. */
  static List<ReadChunk> chunks(Contig contig, int bases) {
    List<ReadChunk> chunks = new ArrayList<>();
    int length = contig.bases().length();
    for (int at = 0; at < Math.max(1, length); at += bases) {
      int end = Math.min(length, at + bases);
      ReadChunk chunk = chunk(contig.id(), at, contig.bases().substring(at, end));
      chunk.setGeneticCode(contig.code().number());
      chunk.setSequenceEnd(end == length);
      chunks.add(chunk);
    }
    return chunks;
  }

  /** The chunks of all contigs as records, side by side. */
  static List<ProducerRecord<byte[], byte[]>> records(String topic) {
    List<ReadChunk> chunks = new ArrayList<>();
    all().forEach(c -> chunks.addAll(chunks(c, CHUNKS.getOrDefault(c.id(), 50))));
    chunks.sort(Comparator.comparing(ReadChunk::getCaptureTime));
    return chunks.stream().map(c -> record(topic, c)).toList();
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

  /** Genes of each contig in order. */
  static Map<String, List<GeneEvent>> genes(List<ConsumerRecord<byte[], byte[]>> records) {
    AvroCodec<GeneEvent> codec = AvroCodec.of(GeneEvent.class);
    Map<String, List<GeneEvent>> genes = new TreeMap<>();
    for (ConsumerRecord<byte[], byte[]> r : records) {
      genes
          .computeIfAbsent(new String(r.key(), StandardCharsets.UTF_8), k -> new ArrayList<>())
          .add(codec.decode(r.value()));
    }
    return genes;
  }

  /** A gene's line of GFF3, from the record alone. */
  static String line(GeneEvent event) {
    return Gff3.feature(event.getSequenceId(), GeneMapper.gene(event));
  }
}
