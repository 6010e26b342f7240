package dev.riffle.cli.stream;

import dev.riffle.cli.dna.Read;
import dev.riffle.cli.dna.ReadFile;
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
import dev.riffle.models.InputException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Iterator;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Reads or contigs of a file, or made up. */
@Command(
    name = "reads",
    description = {
      "Sends the reads or contigs of a file, or made-up ones, to the input topic in chunks, as a"
          + " sequencer would.",
      "Each is a sequence under its own name. Topics that are missing are created. Ctrl-C ends the"
          + " reads where they are."
    })
public final class ProduceReads implements Callable<Integer> {
  private static final Duration PATIENCE = Duration.ofSeconds(8);

  @Spec CommandSpec spec;

  @Parameters(
      paramLabel = "FILE",
      arity = "0..1",
      description = "FASTA or FASTQ, plain or gzipped.")
  Path file;

  @Option(
      names = "--synthetic",
      paramLabel = "BASES",
      description = "Make up genomes of so many bases instead.")
  Integer synthetic;

  @Option(
      names = "--contigs",
      paramLabel = "N",
      defaultValue = "1",
      description = "How many of them (default: ${DEFAULT-VALUE}).")
  int contigs;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description =
          "Seed of the first of them, made-up-N; the next counts on (default: ${DEFAULT-VALUE}).")
  long seed;

  @Option(
      names = "--code",
      paramLabel = "11|4",
      description = "Genetic code of all (default: what genetic_code= in a header says, else 11).")
  Integer code;

  @Mixin TopicFlags topicFlags;

  @Mixin Flow flow;

  /** How reads flow. */
  public static final class Flow {
    /** Largest chunk: with qualities it still fits a record. */
    public static final int MOST_BASES = 200_000;

    @Option(
        names = "--chunk-bases",
        paramLabel = "N",
        defaultValue = "180",
        description = "Bases of a chunk, 1 to 200000 (default: ${DEFAULT-VALUE}, 0.4 s of a pore).")
    int chunkBases;

    @Option(
        names = "--speed",
        paramLabel = "BASES/S",
        defaultValue = "450",
        converter = Rate.class,
        description =
            "Bases per second of each channel, or max for as fast as it goes (default:"
                + " ${DEFAULT-VALUE}, a nanopore's).")
    double basesPerSecond;

    @Option(
        names = "--channels",
        paramLabel = "N",
        defaultValue = "1",
        description =
            "Reads side by side; each channel takes the next when its last has ended (default:"
                + " ${DEFAULT-VALUE}).")
    int channels;

    /** How a command line has it that names no other. */
    ReadPlayback playback(CommandSpec spec) {
      within(spec, "--chunk-bases", chunkBases, MOST_BASES);
      within(spec, "--channels", channels, 100_000);
      return new ReadPlayback(chunkBases, basesPerSecond, channels);
    }
  }

  /** Reads a number of bases per second; max is infinity. */
  public static final class Rate implements CommandLine.ITypeConverter<Double> {
    @Override
    public Double convert(String value) {
      if (value.equals("max")) {
        return Double.POSITIVE_INFINITY;
      }
      try {
        double rate = Double.parseDouble(value);
        if (rate >= 1 && rate <= 1e9) {
          return rate;
        }
      } catch (NumberFormatException e) {
        // told below
      }
      throw new CommandLine.TypeConversionException(
          "must be max or 1 to 1000000000 bases per second, but is '" + value + "'");
    }
  }

  public static void within(CommandSpec spec, String option, long value, long most) {
    if (value < 1 || value > most) {
      throw new ParameterException(
          spec.commandLine(), option + " must be 1 to " + most + ", but is " + value + ".");
    }
  }

  @Override
  public Integer call() {
    if ((synthetic != null) == (file != null)) {
      throw new ParameterException(
          spec.commandLine(), "Give a file or --synthetic BASES, one of the two.");
    }
    if (synthetic != null) {
      within(spec, "--synthetic", synthetic, SyntheticGenome.MAX_LENGTH);
    }
    within(spec, "--contigs", contigs, 1_000_000);
    ReadPlayback playback = flow.playback(spec);
    GeneticCode given = code(spec, code);
    Topics topics = topicFlags.topics(spec, new AnnotationJob());
    int[] problems = {0};
    if (file == null) {
      topics.create(topicFlags.bootstrap(), 1, PATIENCE);
      send(playback, madeUp(given), topics.in(), contigs + " made-up contigs");
    } else {
      try (SequenceFile reads = SequenceFile.open(file)) {
        topics.create(topicFlags.bootstrap(), 1, PATIENCE);
        send(
            playback,
            new ReadFile(
                reads,
                given,
                what -> {
                  problems[0]++;
                  spec.commandLine().getErr().println("riffle: " + what);
                  spec.commandLine().getErr().flush();
                }),
            topics.in(),
            file.toString());
      } catch (NoSuchFileException e) {
        throw new ParameterException(spec.commandLine(), "There is no file " + file + ".", e);
      } catch (IOException e) {
        throw new Failure(file + " cannot be read: " + e, e);
      }
    }
    return problems[0] == 0 ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
  }

  /** The genetic code that was asked for; null if none was. */
  public static GeneticCode code(CommandSpec spec, Integer number) {
    try {
      return number == null ? null : GeneticCode.of(number);
    } catch (InputException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage(), e);
    }
  }

  private Iterator<Read> madeUp(GeneticCode given) {
    int number = given == null ? GeneticCode.BACTERIAL.number() : given.number();
    return LongStream.range(seed, seed + contigs)
        .mapToObj(
            s -> {
              SyntheticGenome genome = SyntheticGenome.make("made-up-" + s, synthetic, s, number);
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
            ? "as fast as it goes"
            : String.format(Locale.ROOT, "%.0f bases/s each", playback.basesPerSecond()));
    out.flush();
    CountDownLatch done = new CountDownLatch(1);
    long[] sent = {0};
    long began = System.nanoTime();
    // On Ctrl-C the JVM waits until the reads have ended properly.
    ShutdownHook.Registration ctrlC = ShutdownHook.onCtrlC(() -> await(done));
    try (TopicWriter writer = new TopicWriter(topicFlags.bootstrap(), topic)) {
      playback.play(reads, writer::send, bases -> sent[0] = bases, ShutdownHook::asked);
      writer.flush();
      double seconds = (System.nanoTime() - began) / 1e9;
      out.printf(
          Locale.ROOT, "Sent %,d bases in %.1f s; the reads have ended.%n", sent[0], seconds);
      out.flush();
    } finally {
      ctrlC.close();
      done.countDown();
    }
  }

  private static void await(CountDownLatch done) {
    try {
      if (!done.await(10, TimeUnit.SECONDS)) {
        System.err.println("riffle: the broker did not take the end of the reads within 10 s");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
