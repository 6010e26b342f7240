package dev.riffle.cli.stream;

import dev.riffle.cli.dna.CodeChoice;
import dev.riffle.cli.dna.Read;
import dev.riffle.cli.dna.ReadFile;
import dev.riffle.cli.dna.ReadFlow;
import dev.riffle.cli.dna.ReadPlayback;
import dev.riffle.cli.dna.SyntheticGenome;
import dev.riffle.cli.shared.Failure;
import dev.riffle.cli.shared.ShutdownHook;
import dev.riffle.cli.shared.TopicFlags;
import dev.riffle.cli.topic.TopicWriter;
import dev.riffle.dna.GeneticCode;
import dev.riffle.dna.SequenceFile;
import dev.riffle.jobs.annotation.AnnotationJob;
import dev.riffle.jobs.stream.Topics;
import dev.riffle.schemas.Printable;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Iterator;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.LongStream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code riffle produce reads}. */
@Command(
    name = "reads",
    description = {
      "Send the reads or contigs of a file, or of synthetic genomes, to the input topic in chunks,"
          + " like a sequencer.",
      "Each read is a sequence under its own name. Missing topics are created. Ctrl-C ends the open"
          + " reads."
    })
public final class ProduceReads implements Callable<Integer> {
  private static final Duration PATIENCE = Duration.ofSeconds(8);

  @Spec CommandSpec spec;

  @Parameters(
      paramLabel = "FILE",
      arity = "0..1",
      description = "FASTA or FASTQ, compressed or not.")
  Path file;

  @Option(
      names = "--synthetic",
      paramLabel = "BASES",
      description = "Send synthetic genomes of this many bases instead of a file.")
  Integer synthetic;

  @Option(
      names = "--contigs",
      paramLabel = "N",
      defaultValue = "1",
      description = "Number of synthetic genomes (default: ${DEFAULT-VALUE}).")
  int contigs;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description =
          "Seed N of the first genome, synthetic-N; later ones count up (default: ${DEFAULT-VALUE}).")
  long seed;

  @Option(
      names = "--code",
      paramLabel = "auto|11|4",
      defaultValue = "auto",
      converter = CodeChoice.Converter.class,
      description = "Genetic code of all reads. " + CodeChoice.AUTO)
  CodeChoice code;

  @Mixin TopicFlags topicFlags;

  @Mixin ReadFlow flow;

  @Override
  public Integer call() {
    if ((synthetic != null) == (file != null)) {
      throw new ParameterException(
          spec.commandLine(), "Expected either a file or --synthetic BASES.");
    }
    if (synthetic != null) {
      ReadFlow.checkRange(spec, "--synthetic", synthetic, SyntheticGenome.MAX_LENGTH);
    }
    ReadFlow.checkRange(spec, "--contigs", contigs, 1_000_000);
    ReadPlayback playback = flow.playback(spec);
    Topics topics = topicFlags.topics(spec, new AnnotationJob());
    int[] problems = {0};
    if (file == null) {
      topics.create(topicFlags.bootstrap(), 1, PATIENCE);
      send(
          playback,
          synthesize(code.given().orElse(GeneticCode.BACTERIAL)),
          topics.in(),
          contigs + " synthetic contigs");
    } else {
      try (SequenceFile reads = SequenceFile.open(file)) {
        topics.create(topicFlags.bootstrap(), 1, PATIENCE);
        send(
            playback,
            new ReadFile(
                reads,
                code.given(),
                what -> {
                  problems[0]++;
                  spec.commandLine().getErr().println("riffle: " + Printable.line(what));
                  spec.commandLine().getErr().flush();
                }),
            topics.in(),
            file.toString());
      } catch (NoSuchFileException e) {
        throw new ParameterException(spec.commandLine(), "File " + file + " does not exist.", e);
      } catch (IOException e) {
        throw new Failure(file + " cannot be read: " + e, e);
      }
    }
    return problems[0] == 0 ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
  }

  private Iterator<Read> synthesize(GeneticCode geneticCode) {
    int number = geneticCode.number();
    return LongStream.range(seed, seed + contigs)
        .mapToObj(
            s -> {
              SyntheticGenome genome = SyntheticGenome.make("synthetic-" + s, synthetic, s, number);
              return new Read(genome.name(), number, ByteBuffer.wrap(genome.bases()), null);
            })
        .iterator();
  }

  private void send(ReadPlayback playback, Iterator<Read> reads, String topic, String what) {
    PrintWriter out = spec.commandLine().getOut();
    out.printf(
        Locale.ROOT,
        "Sending %s to %s at %s, %d at once, %s.%n",
        what,
        topic,
        topicFlags.bootstrap(),
        playback.channels(),
        Double.isInfinite(playback.basesPerSecond())
            ? "without a speed limit"
            : String.format(Locale.ROOT, "%.0f bases/s each", playback.basesPerSecond()));
    out.flush();
    long[] sent = {0};
    long began = System.nanoTime();
    ShutdownHook.Registration ctrlC =
        ShutdownHook.awaitOnCtrlC(
            Duration.ofSeconds(10), "the broker did not accept the end of the reads within 10 s");
    try (TopicWriter writer = new TopicWriter(topicFlags.bootstrap(), topic)) {
      playback.play(reads, writer::send, bases -> sent[0] = bases, ShutdownHook::asked);
      writer.flush();
      double seconds = (System.nanoTime() - began) / 1e9;
      out.printf(
          Locale.ROOT, "Sent %,d bases in %.1f s; all reads have ended.%n", sent[0], seconds);
      out.flush();
    } finally {
      ctrlC.close();
    }
  }
}
