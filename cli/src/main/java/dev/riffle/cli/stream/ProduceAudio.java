package dev.riffle.cli.stream;

import dev.riffle.cli.audio.AudioFile;
import dev.riffle.cli.audio.Microphone;
import dev.riffle.cli.audio.Sound;
import dev.riffle.cli.shared.FileNames;
import dev.riffle.cli.shared.ShutdownHook;
import dev.riffle.cli.shared.TopicFlags;
import dev.riffle.cli.topic.Playback;
import dev.riffle.cli.topic.Speed;
import dev.riffle.cli.topic.TopicWriter;
import dev.riffle.jobs.stream.Topics;
import dev.riffle.jobs.transcription.TranscriptionJob;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code riffle produce audio}. */
@Command(
    name = "audio",
    description = {
      "Send a sound file or the microphone to the input topic.",
      "Missing topics are created. With --mic, Ctrl-C ends the sequence."
    })
public final class ProduceAudio implements Callable<Integer> {
  private static final Duration PATIENCE = Duration.ofSeconds(8);

  @Spec CommandSpec spec;

  @Parameters(paramLabel = "FILE", arity = "0..1", description = "WAV, AIFF, FLAC, MP3, ...")
  Path file;

  @Option(names = "--mic", description = "Record the microphone until Ctrl-C.")
  boolean microphone;

  @Option(
      names = "--rate",
      paramLabel = "HZ",
      defaultValue = "44100",
      description = "Sample rate of the microphone (default: ${DEFAULT-VALUE}).")
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
      throw new ParameterException(spec.commandLine(), "Expected either a sound file or --mic.");
    }
    if (chunkMillis < 1 || chunkMillis > 1000) {
      throw new ParameterException(
          spec.commandLine(), "--chunk-millis must be 1 to 1000, found " + chunkMillis + ".");
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
    double[] seconds = {0};
    ShutdownHook.Registration ctrlC =
        ShutdownHook.awaitOnCtrlC(
            Duration.ofSeconds(10),
            "the broker did not accept the end of the sequence within 10 s");
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
      if (sound instanceof AudioFile audio) {
        audio.warnings().forEach(w -> spec.commandLine().getErr().println("riffle: " + w));
        spec.commandLine().getErr().flush();
      }
    } finally {
      ctrlC.close();
    }
  }

  /**
   * Capture time of position 0: now, unless the file is played faster than it was recorded. Then it
   * is earlier by the length of the file, because a capture time in the future would make the other
   * sequences of its partition look idle.
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
}
