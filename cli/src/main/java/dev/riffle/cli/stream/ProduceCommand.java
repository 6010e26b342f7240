package dev.riffle.cli.stream;

import dev.riffle.cli.audio.AudioFile;
import dev.riffle.cli.audio.Microphone;
import dev.riffle.cli.audio.Sound;
import dev.riffle.cli.job.JobFiles;
import dev.riffle.cli.shared.BrokerFlag;
import dev.riffle.cli.shared.CommandGroup;
import dev.riffle.cli.shared.Failure;
import dev.riffle.cli.shared.FileNames;
import dev.riffle.cli.shared.ShutdownHook;
import dev.riffle.cli.shared.TopicFlags;
import dev.riffle.cli.topic.Playback;
import dev.riffle.cli.topic.TopicWriter;
import dev.riffle.jobs.sequence.JobFile;
import dev.riffle.jobs.sequence.JsonLines;
import dev.riffle.jobs.stream.KafkaOptions;
import dev.riffle.jobs.stream.Topics;
import dev.riffle.jobs.transcription.TranscriptionJob;
import dev.riffle.models.InputException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** Brings data to Kafka. */
@Command(
    name = "produce",
    description = "Writes events to the input topic of a stream.",
    synopsisSubcommandLabel = "COMMAND",
    commandListHeading = "%nKinds:%n",
    subcommands = {ProduceCommand.Audio.class, ProduceReads.class, ProduceCommand.Events.class})
public final class ProduceCommand extends CommandGroup {
  private static final Duration PATIENCE = Duration.ofSeconds(8);

  /** A sound file or a microphone. */
  @Command(
      name = "audio",
      description = {
        "Plays a sound file, or listens to the microphone, into the input topic.",
        "Topics that are missing are created. With --mic, Ctrl-C ends the sequence."
      })
  public static final class Audio implements Callable<Integer> {
    @ParentCommand ProduceCommand parent;
    @Spec CommandSpec spec;

    @Parameters(paramLabel = "FILE", arity = "0..1", description = "WAV, AIFF, FLAC, MP3, ...")
    Path file;

    @Option(names = "--mic", description = "Listen to the microphone until Ctrl-C.")
    boolean microphone;

    @Option(
        names = "--rate",
        paramLabel = "HZ",
        defaultValue = "44100",
        description = "Samples per second of the microphone (default: ${DEFAULT-VALUE}).")
    int rate;

    @Mixin TopicFlags topicFlags;

    @Option(
        names = "--sequence-id",
        paramLabel = "ID",
        description = "Id of the sequence, also the Kafka key (default: the file's name, or mic).")
    String sequenceId;

    @Mixin Speed speed;

    @Option(
        names = "--chunk-millis",
        paramLabel = "MS",
        defaultValue = "32",
        description = "Length of a chunk (default: ${DEFAULT-VALUE}).")
    int chunkMillis;

    @Override
    public Integer call() {
      if (microphone == (file != null)) {
        throw new ParameterException(
            spec.commandLine(), "Give a sound file or --mic, one of the two.");
      }
      if (chunkMillis < 1 || chunkMillis > 1000) {
        throw new ParameterException(
            spec.commandLine(), "--chunk-millis must be 1 to 1000, but is " + chunkMillis + ".");
      }
      Topics topics = topicFlags.topics(spec, new TranscriptionJob());
      try (Sound sound = microphone ? Microphone.open(rate) : AudioFile.open(file)) {
        topics.create(topicFlags.bootstrap(), 1, PATIENCE);
        play(sound, topics.in());
      }
      return 0;
    }

    private void play(Sound sound, String topic) {
      String id = sequenceId != null ? sequenceId : microphone ? "mic" : FileNames.of(file);
      PrintWriter out = spec.commandLine().getOut();
      out.printf(
          Locale.ROOT,
          "Playing %s (%d Hz, %d channel%s) to %s at %s as sequence %s.%n",
          microphone ? "the microphone" : file,
          sound.rate(),
          sound.channels(),
          sound.channels() == 1 ? "" : "s",
          topic,
          topicFlags.bootstrap(),
          id);
      out.flush();
      CountDownLatch done = new CountDownLatch(1);
      double[] seconds = {0};
      // On Ctrl-C the JVM waits until the sequence has ended properly.
      ShutdownHook.Registration ctrlC = ShutdownHook.onCtrlC(() -> await(done));
      try (TopicWriter producer = new TopicWriter(topicFlags.bootstrap(), topic)) {
        new Playback(chunkMillis, microphone ? Double.POSITIVE_INFINITY : speed.factor, start())
            .play(
                List.of(new Playback.Part(id, sound)),
                producer::send,
                s -> seconds[0] = s,
                ShutdownHook::asked);
        producer.flush();
        out.printf(Locale.ROOT, "Sent %.3f s; the sequence has ended.%n", seconds[0]);
        out.flush();
      } finally {
        ctrlC.close();
        done.countDown();
      }
    }

    /**
     * Capture time of position 0: now, unless the file is played faster than it was recorded. Then
     * it lies as far back as the file is long, because a capture time ahead of the clock would make
     * the other sequences of its partition look idle.
     */
    private Instant start() {
      if (microphone || speed.factor <= 1) {
        return Instant.now();
      }
      try (Sound sound = AudioFile.open(file)) {
        float[] piece = new float[sound.rate() * sound.channels()];
        long samples = 0;
        for (int got = -1; got != 0; samples += got) {
          got = sound.read(piece, sound.rate());
        }
        return Instant.now().minusMillis(samples * 1000 / sound.rate());
      }
    }

    private static void await(CountDownLatch done) {
      try {
        if (!done.await(10, TimeUnit.SECONDS)) {
          System.err.println("riffle: the broker did not take the end of the sequence within 10 s");
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Lines of JSON. */
  @Command(
      name = "events",
      description = {
        "Writes lines of JSON to the input topic of a job whose format is json, as they stand.",
        "Each is read first as the job would read it; one that the job could not use is told with"
            + " its line and not sent. Topics that are missing are created."
      })
  public static final class Events implements Callable<Integer> {
    @Spec CommandSpec spec;

    @Parameters(index = "0", paramLabel = "JOB.yaml", description = "The job's file.")
    Path file;

    @Parameters(index = "1", paramLabel = "FILE", description = "One object of JSON per line.")
    Path lines;

    @Option(
        names = "--key",
        paramLabel = "ID",
        description = "Kafka key of all, where the job names no field for it.")
    String key;

    @Mixin BrokerFlag broker;

    @Override
    public Integer call() {
      Map<String, String> overrides =
          broker
              .given()
              .map(bootstrap -> Map.of(KafkaOptions.BOOTSTRAP.name(), bootstrap))
              .orElse(Map.of());
      JobFile job = JobFiles.read(spec, file, overrides);
      if (!job.isValid()) {
        JobFiles.print(job, spec.commandLine().getErr());
        return CommandLine.ExitCode.USAGE;
      }
      JsonLines reader;
      try {
        reader = new JsonLines(job, Optional.ofNullable(key));
      } catch (IllegalArgumentException e) {
        throw new ParameterException(spec.commandLine(), e.getMessage(), e);
      }
      String bootstrap = job.options().get(KafkaOptions.BOOTSTRAP);
      job.topics().create(bootstrap, 1, PATIENCE);
      return send(reader, bootstrap, job.topics().in());
    }

    private int send(JsonLines reader, String bootstrap, String topic) {
      int sent = 0;
      int refused = 0;
      try (TopicWriter writer = new TopicWriter(bootstrap, topic);
          BufferedReader text = Files.newBufferedReader(lines)) {
        int number = 0;
        for (String line = text.readLine(); line != null; line = text.readLine()) {
          number++;
          try {
            if (!line.isBlank()) {
              writer.send(reader.key(line), line.getBytes(StandardCharsets.UTF_8));
              sent++;
            }
          } catch (InputException e) {
            refused++;
            spec.commandLine().getErr().println(lines + ":" + number + ": " + e.getMessage());
          }
        }
        writer.flush();
      } catch (NoSuchFileException e) {
        throw new ParameterException(spec.commandLine(), "There is no file " + lines + ".", e);
      } catch (IOException e) {
        throw new Failure(lines + " cannot be read: " + e, e);
      }
      spec.commandLine().getErr().flush();
      PrintWriter out = spec.commandLine().getOut();
      out.println(
          "Sent " + sent + " to " + topic + (refused > 0 ? "; " + refused + " not sent." : "."));
      out.flush();
      return refused == 0 ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
    }
  }
}
