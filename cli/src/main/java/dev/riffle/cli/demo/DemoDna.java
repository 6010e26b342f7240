package dev.riffle.cli.demo;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.riffle.cli.dna.CodeChoice;
import dev.riffle.cli.dna.Read;
import dev.riffle.cli.dna.ReadFile;
import dev.riffle.cli.dna.ReadFlow;
import dev.riffle.cli.dna.ReadPlayback;
import dev.riffle.cli.dna.SyntheticGenome;
import dev.riffle.cli.job.LocalJob;
import dev.riffle.cli.shared.Failure;
import dev.riffle.cli.shared.Installation;
import dev.riffle.cli.shared.OutputDirectory;
import dev.riffle.cli.shared.Progress;
import dev.riffle.cli.shared.ShutdownHook;
import dev.riffle.cli.topic.Player;
import dev.riffle.cli.topic.Records;
import dev.riffle.cli.topic.TopicReader;
import dev.riffle.dna.GeneticCode;
import dev.riffle.dna.SequenceFile;
import dev.riffle.jobs.annotation.AnnotationJob;
import dev.riffle.jobs.options.JobOptions;
import dev.riffle.jobs.stream.FlinkOptions;
import dev.riffle.jobs.stream.KafkaOptions;
import dev.riffle.jobs.stream.ModelOptions;
import dev.riffle.jobs.stream.Topics;
import dev.riffle.schemas.Printable;
import dev.riffle.schemas.record.DeadLetter;
import dev.riffle.schemas.record.GeneEvent;
import dev.riffle.schemas.record.GeneStatus;
import dev.riffle.schemas.record.SessionEvent;
import dev.riffle.schemas.record.SessionKind;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.avro.specific.SpecificRecordBase;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code riffle demo dna}: a genome through Kafka and the annotation job, with known genes. */
@Command(
    name = "dna",
    description = {
      "Send a genome to Kafka like a sequencer and print its genes as Flink finds them.",
      "Broker and cluster run in this JVM on the loopback interface. Without FILE, the genome is"
          + " generated from --seed: its genes are known, and the result is scored at the end."
          + " DIR/out.gff3 contains the genes of the final topic; DIR/genome.fasta and"
          + " DIR/genome.gff3 contain a generated genome and its genes."
    })
final class DemoDna implements Callable<Integer> {
  private static final Duration POLL = Duration.ofMillis(100);
  private static final String WARM_UP = "warm-up";
  private static final int WARM_UP_BASES = 60_000;
  private static final int WARM_UP_CHUNK = 1_000;
  private static final int PORE_CHUNK = 180;
  private static final int FAST_CHUNK = 4_000;
  private static final double SYNTHETIC_SPEED = 2_000;
  private static final double[] SHARES = {.5, .95, 1};

  @Spec CommandSpec spec;

  @Parameters(
      paramLabel = "FILE",
      arity = "0..1",
      description = "FASTA or FASTQ, compressed or not (default: a synthetic genome).")
  Path file;

  @Option(
      names = "--bases",
      paramLabel = "N",
      defaultValue = "40000",
      description = "Length of the synthetic genome, 2000 to 10000000 (default: ${DEFAULT-VALUE}).")
  int bases;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "Seed of the synthetic genome (default: ${DEFAULT-VALUE}).")
  long seed;

  @Option(
      names = "--code",
      paramLabel = "auto|11|4",
      defaultValue = "auto",
      converter = CodeChoice.Converter.class,
      description = "Genetic code. " + CodeChoice.AUTO)
  CodeChoice code;

  @Option(
      names = "--speed",
      paramLabel = "BASES/S",
      converter = ReadFlow.Rate.class,
      description =
          "Bases per second, or max for no limit (default: 2000 for a synthetic genome, max for FILE).")
  Double speed;

  @Option(
      names = "--chunk-bases",
      paramLabel = "N",
      description =
          "Bases of a chunk, 1 to 200000 (default: 180, 0.4 s of a pore; 4000 if --speed is max).")
  Integer chunkBases;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "DIR",
      defaultValue = "out",
      description = "Output directory (default: ${DEFAULT-VALUE}).")
  Path directory;

  @Option(names = "--json", description = "Print only the summary, as a JSON object.")
  boolean json;

  private final Records records = new Records();
  private final Annotations found = new Annotations();
  private final GeneDelays delays = new GeneDelays();
  private final Map<String, Long> begun = new ConcurrentHashMap<>(); // contigs and their lengths
  private PrintWriter out;
  private Progress progress;
  private SyntheticGenome genome;
  private String growing = "";
  private int growths;
  private double seconds;

  @Override
  public Integer call() throws IOException {
    if (bases < 2_000 || bases > 10_000_000) {
      throw new ParameterException(
          spec.commandLine(), "--bases must be 2000 to 10000000, found " + bases + ".");
    }
    if (speed == null) {
      speed = file == null ? SYNTHETIC_SPEED : Double.POSITIVE_INFINITY;
    }
    if (chunkBases == null) {
      chunkBases = Double.isInfinite(speed) ? FAST_CHUNK : PORE_CHUNK;
    }
    ReadFlow.checkRange(spec, "--chunk-bases", chunkBases, ReadFlow.MAX_CHUNK_BASES);
    out = spec.commandLine().getOut();
    progress = new Progress(out, !json && Installation.terminal());
    OutputDirectory output = OutputDirectory.make(directory);
    if (file == null) {
      genome =
          SyntheticGenome.make(
              "synthetic", bases, seed, code.given().orElse(GeneticCode.BACTERIAL).number());
      genome.write(output.file("genome.fasta"), output.file("genome.gff3"));
      say("Synthetic genome: %,d bases, %d genes, seed %d.", bases, genome.genes().size(), seed);
      run(List.of(read(genome)).iterator());
    } else {
      try (SequenceFile reads = SequenceFile.open(file)) {
        run(new ReadFile(reads, code.given(), this::problem));
      } catch (NoSuchFileException e) {
        throw new ParameterException(spec.commandLine(), "File " + file + " does not exist.", e);
      }
    }
    found.write(output.file("out.gff3"));
    summary();
    return 0;
  }

  private static Read read(SyntheticGenome genome) {
    return new Read(genome.name(), genome.code(), ByteBuffer.wrap(genome.bases()), null);
  }

  private void problem(String what) {
    progress.clear();
    spec.commandLine().getErr().println("riffle: " + Printable.line(what));
    spec.commandLine().getErr().flush();
  }

  private void run(Iterator<Read> reads) {
    say("Starting a Kafka broker and a Flink cluster in this JVM, on 127.0.0.1 ...");
    long began = System.nanoTime();
    AnnotationJob job = new AnnotationJob();
    JobOptions options =
        job.options()
            .of(
                Map.of(
                    ModelOptions.MODEL.name(), Installation.annotator().toString(),
                    FlinkOptions.CHECKPOINT_INTERVAL.name(), "500ms",
                    KafkaOptions.STREAM.name(), "demo"));
    try (LocalJob local = LocalJob.start(job, options)) {
      Topics topics = local.topics();
      try (TopicReader reader =
          local.reader(
              topics.preview(), topics.finals(), topics.sessions(), topics.deadLetters())) {
        // Warm-up: the first seconds of a JVM are slow, so another genome goes first.
        Read other = read(SyntheticGenome.make(WARM_UP, WARM_UP_BASES, seed + 1, 11));
        play(local, reader, List.of(other).iterator(), WARM_UP_CHUNK, Double.POSITIVE_INFINITY);
        say(
            "Ready after %.1f s. Sending the genome %s in chunks of %d bases:",
            (System.nanoTime() - began) / 1e9,
            Double.isInfinite(speed)
                ? "without a speed limit"
                : String.format(Locale.ROOT, "at %.0f bases/s", speed),
            chunkBases);
        say("");
        say(
            "%10s %10s  %-6s %6s  %-5s %6s  %10s  %s",
            "left", "right", "strand", "bases", "start", "score", "confidence", "emitted after");
        seconds = play(local, reader, reads, chunkBases, speed);
        local.finishJob();
        while (!reader.atEnd()) {
          reader.poll(POLL).forEach(this::take);
        }
      }
    } finally {
      progress.clear();
    }
  }

  /** Sends reads and returns the seconds until their sessions have ended. */
  private double play(
      LocalJob local, TopicReader reader, Iterator<Read> reads, int chunk, double basesPerSecond) {
    ReadPlayback playback = new ReadPlayback(chunk, basesPerSecond, 1);
    begun.clear();
    Iterator<Read> counted =
        new Iterator<>() {
          @Override
          public boolean hasNext() {
            return reads.hasNext();
          }

          @Override
          public Read next() {
            Read read = reads.next();
            begun.put(read.id(), (long) read.bases().remaining());
            return read;
          }
        };
    long began = System.nanoTime();
    int ended = 0;
    try (Player player =
        Player.start(
            (to, sent, stopped) -> playback.play(counted, to::send, sent::accept, stopped),
            local.bootstrap(),
            local.topics().in())) {
      while (!(player.finished() && ended == begun.size())) {
        for (ConsumerRecord<String, byte[]> record : reader.poll(POLL)) {
          ended += take(record) ? 1 : 0;
        }
        if (ShutdownHook.asked()) {
          throw new Failure("Stopped.");
        }
        local.checkRunning();
        long known = begun.values().stream().mapToLong(Long::longValue).sum();
        if (known > 0 && !begun.containsKey(WARM_UP)) {
          progress.showBases(player.progress(), (double) known, growing);
        }
      }
    }
    return (System.nanoTime() - began) / 1e9;
  }

  /** Processes a record of any topic; returns true if it ends a contig. */
  private boolean take(ConsumerRecord<String, byte[]> record) {
    Instant seen = Instant.now();
    SpecificRecordBase value = records.decode(record.value());
    if (value instanceof DeadLetter letter) {
      throw new Failure("The job rejected the bases: " + letter.getError());
    }
    boolean ours = !WARM_UP.equals(record.key());
    if (value instanceof SessionEvent session) {
      if (ours) {
        found.take(session);
      }
      return session.getKind() == SessionKind.ENDED;
    }
    if (ours && value instanceof GeneEvent gene) {
      if (gene.getIsFinal()) {
        found.take(gene);
      } else if (gene.getStatus() == GeneStatus.PUBLISHED) {
        published(gene, seen);
      } else {
        growths++;
        growing =
            String.format(
                Locale.ROOT,
                "  %s grows, %,d bases",
                gene.getStrand(),
                gene.getRight() - gene.getLeft());
      }
    }
    return false;
  }

  private void published(GeneEvent gene, Instant seen) {
    growing = "";
    delays.add(gene, chunkBases);
    if (!Double.isInfinite(speed)) {
      // capture_time is that of the chunk's first base
      long chunkStart = (gene.getBasesRead() - 1) / chunkBases * chunkBases;
      long chunk = Math.min(chunkBases, begun.get(gene.getSequenceId()) - chunkStart);
      Instant called =
          gene.getLatency().getCaptureTime().plusNanos(Math.round(chunk / speed * 1e9));
      delays.addMillis(Duration.between(called, seen).toNanos() / 1e6);
    }
    if (!json) {
      progress.line(
          String.format(
              Locale.ROOT,
              "%,10d %,10d  %-6s %,6d  %-5s %6.1f  %10.2f  %,d bases%s",
              gene.getLeft() + 1,
              gene.getRight(),
              gene.getStrand(),
              gene.getRight() - gene.getLeft(),
              gene.getStartType(),
              gene.getScore(),
              gene.getConfidence(),
              gene.getBasesRead() - gene.getRight(),
              gene.getPartial().equals("00") ? "" : ", cut by the end of the contig"));
    }
  }

  private void summary() {
    List<GeneEvent> genes = found.genes();
    GeneMatch match = genome == null ? null : GeneMatch.of(genome, genes);
    if (json) {
      out.println(summaryJson(genes, match).toPrettyString());
      out.flush();
      return;
    }
    say("");
    say(
        "genes      %,d on the final topic, of %,d bases in %,d contig%s; %,d updates of growing genes",
        genes.size(), found.bases(), found.ended(), found.ended() == 1 ? "" : "s", growths);
    if (match != null) {
      say(
          "truth      %d complete genes; stop codons of %d found (recall %.3f, precision %.3f), %d also"
              + " with their start codon",
          match.reference(), match.stops(), match.recall(), match.precision(), match.exact());
    }
    if (delays.count(GeneDelays.Part.FORWARD_MODEL) + delays.count(GeneDelays.Part.REVERSE_MODEL)
        > 0) {
      say("delay      bases read after the last base of a gene:");
      say("%22s %6s %6s %6s %6s", "", "genes", "p50", "p95", "max");
      for (GeneDelays.Part part : GeneDelays.Part.values()) {
        say(
            "%22s %6d %6d %6d %6d   %s",
            part.label,
            delays.count(part),
            delays.bases(part, SHARES[0]),
            delays.bases(part, SHARES[1]),
            delays.bases(part, SHARES[2]),
            part.meaning);
      }
    }
    if (!Double.isInfinite(speed)) {
      say(
          "time       from the last base of a chunk to its gene on the preview topic: p50 %.0f"
              + " ms, p95 %.0f ms, max %.0f ms",
          delays.millis(SHARES[0]), delays.millis(SHARES[1]), delays.millis(SHARES[2]));
    } else {
      say(
          "speed      %.2f Mb/s (%.1f s), including Kafka, Flink and the last commit",
          found.bases() / 1e6 / seconds, seconds);
    }
    say(
        "wrote      %s%s",
        directory.resolve("out.gff3"),
        genome == null
            ? ""
            : ", "
                + directory.resolve("genome.fasta")
                + " and "
                + directory.resolve("genome.gff3"));
  }

  private ObjectNode summaryJson(List<GeneEvent> genes, GeneMatch match) {
    ObjectNode root = new ObjectMapper().createObjectNode();
    root.put("contigs", found.ended()).put("bases", found.bases()).put("genes", genes.size());
    root.put("growth_updates", growths);
    if (match != null) {
      root.putObject("truth")
          .put("seed", seed)
          .put("genes", match.reference())
          .put("stops", match.stops())
          .put("exact", match.exact())
          .put("stop_recall", match.recall())
          .put("stop_precision", match.precision());
    }
    ObjectNode delay = root.putObject("delay_bases");
    for (GeneDelays.Part part : GeneDelays.Part.values()) {
      delay
          .putObject(part.name().toLowerCase(Locale.ROOT))
          .put("genes", delays.count(part))
          .put("p50", delays.bases(part, SHARES[0]))
          .put("p95", delays.bases(part, SHARES[1]))
          .put("max", delays.bases(part, SHARES[2]));
    }
    if (!Double.isInfinite(speed)) {
      root.putObject("visible_ms")
          .put("p50", delays.millis(SHARES[0]))
          .put("p95", delays.millis(SHARES[1]))
          .put("max", delays.millis(SHARES[2]));
    }
    root.put("seconds", seconds);
    root.put("wrote", directory.resolve("out.gff3").toString());
    return root;
  }

  private void say(String format, Object... values) {
    if (!json) {
      out.printf(Locale.ROOT, format + "%n", values);
      out.flush();
    }
  }
}
