package dev.riffle.cli.transcribe;

import dev.riffle.cli.audio.AudioFile;
import dev.riffle.cli.job.LocalJob;
import dev.riffle.cli.notes.MidiFlags;
import dev.riffle.cli.notes.NoteFormat;
import dev.riffle.cli.notes.WrittenNote;
import dev.riffle.cli.shared.Failure;
import dev.riffle.cli.shared.FileNames;
import dev.riffle.cli.shared.Installation;
import dev.riffle.cli.shared.OutputDirectory;
import dev.riffle.cli.shared.Progress;
import dev.riffle.cli.shared.ShutdownHook;
import dev.riffle.cli.topic.Playback;
import dev.riffle.cli.topic.Player;
import dev.riffle.cli.topic.TopicReader;
import dev.riffle.jobs.options.JobOptions;
import dev.riffle.jobs.stream.KafkaOptions;
import dev.riffle.jobs.stream.ModelOptions;
import dev.riffle.jobs.stream.Topics;
import dev.riffle.jobs.transcription.TranscriptionJob;
import dev.riffle.jobs.transcription.TranscriptionOptions;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Transcribes sound files with the same job as a live stream. */
@Command(
    name = "transcribe",
    description = {
      "Transcribe sound files to notes, as CSV, MIDI or JSON.",
      "The command starts a Kafka broker and a Flink cluster in this JVM, and sends each file as one"
          + " sequence. For each file, it writes STEM.csv and STEM.mid to DIR. --csv, --midi and --json"
          + " select other formats."
    })
public final class TranscribeCommand implements Callable<Integer> {
  private static final TranscriptionJob JOB = new TranscriptionJob();
  private static final int CHUNK_MILLIS = 128;
  private static final int CHUNK_BYTES = 256 * 1024;
  private static final int BYTES_PER_SAMPLE = 4;

  @Spec CommandSpec spec;

  @Parameters(
      paramLabel = "FILE",
      arity = "1..*",
      description =
          "Sound files: WAV and AIFF; on Linux x86-64 also FLAC, MP3 and other formats that FFmpeg"
              + " decodes. 8 to 192 kHz, 1 to 8 channels.")
  List<Path> files;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "DIR",
      required = true,
      description = "Output directory. Created if it does not exist.")
  Path directory;

  @Option(
      names = "--csv",
      description = "Write STEM.csv: onset_s,offset_s,midi_pitch,velocity,confidence.")
  boolean csv;

  @Option(names = "--midi", description = "Write STEM.mid, a standard MIDI file.")
  boolean midi;

  @Mixin MidiFlags midiFlags;

  @Option(names = "--json", description = "Write STEM.json.")
  boolean json;

  @Option(names = "--force", description = "Replace existing files.")
  boolean force;

  @Option(
      names = "--model",
      paramLabel = "DIR",
      description = "Version directory of the model (default: the shipped lru-transcriber/1).")
  Path model;

  @Option(
      names = "--second-pass",
      paramLabel = "DIR",
      description =
          "Version directory of a second pass, such as demo/models/rse-second-pass/1. Only notes"
              + " that it accepts are written (default: no second pass).")
  Path secondPass;

  @Option(
      names = "--backend",
      paramLabel = "NAME",
      defaultValue = "cpu",
      description = "Backend, such as cpu or reference (default: ${DEFAULT-VALUE}).")
  String backend;

  @Override
  public Integer call() throws IOException {
    Map<String, Path> byStem = byStem();
    List<NoteFormat> formats = formats();
    checkOutputs(byStem, formats);
    OutputDirectory output = OutputDirectory.make(directory);
    Map<String, Double> seconds = check(byStem);
    PrintWriter out = spec.commandLine().getOut();
    Transcripts transcripts;
    long began = System.nanoTime();
    try (LocalJob local = LocalJob.start(JOB, options())) {
      transcripts =
          transcribe(
              local,
              byStem,
              Collections.max(seconds.values()),
              new Progress(out, Installation.terminal()));
    }
    for (Map.Entry<String, Path> e : byStem.entrySet()) {
      String stem = e.getKey();
      if (!transcripts.problems().containsKey(stem)) {
        List<WrittenNote> notes = transcripts.notes(stem);
        List<String> written = new ArrayList<>();
        for (NoteFormat format : formats) {
          Path file = output.file(format.fileName(stem));
          format.write(file, e.getValue().getFileName().toString(), notes, midiFlags.timing());
          int count = format.count(notes, midiFlags.timing());
          written.add(count == notes.size() ? file.toString() : file + " (" + count + " notes)");
        }
        out.printf(
            Locale.ROOT,
            "%s: %d notes -> %s%n",
            e.getValue(),
            notes.size(),
            String.join(", ", written));
      }
    }
    out.printf(
        Locale.ROOT,
        "%.1f s of sound in %.1f s.%n",
        seconds.values().stream().mapToDouble(Double::doubleValue).sum(),
        (System.nanoTime() - began) / 1e9);
    out.flush();
    PrintWriter err = spec.commandLine().getErr();
    transcripts
        .problems()
        .forEach(
            (stem, why) ->
                err.println("riffle: " + byStem.get(stem) + " was not transcribed: " + why));
    err.flush();
    return transcripts.problems().isEmpty() ? 0 : 1;
  }

  private Map<String, Path> byStem() {
    Map<String, Path> byStem = new LinkedHashMap<>();
    for (Path file : files) {
      Path other = byStem.putIfAbsent(FileNames.of(file), file);
      if (other != null) {
        throw new ParameterException(
            spec.commandLine(),
            other
                + " and "
                + file
                + " would both be written to "
                + FileNames.of(file)
                + ".*: rename one, or transcribe them one after the other into two directories.");
      }
    }
    return byStem;
  }

  private List<NoteFormat> formats() {
    List<NoteFormat> formats = new ArrayList<>();
    boolean noneGiven = !csv && !midi && !json;
    if (csv || noneGiven) {
      formats.add(NoteFormat.CSV);
    }
    if (midi || noneGiven) {
      formats.add(NoteFormat.MIDI);
    }
    if (json) {
      formats.add(NoteFormat.JSON);
    }
    return formats;
  }

  private void checkOutputs(Map<String, Path> byStem, List<NoteFormat> formats) {
    if (force) {
      return;
    }
    List<String> existing = new ArrayList<>();
    for (String stem : byStem.keySet()) {
      for (NoteFormat format : formats) {
        Path file = directory.resolve(format.fileName(stem));
        if (Files.exists(file)) {
          existing.add(file.toString());
        }
      }
    }
    if (!existing.isEmpty()) {
      throw new Failure(
          String.join(", ", existing)
              + (existing.size() == 1 ? " exists" : " exist")
              + ". Pass --force to replace, or another directory with -o.");
    }
  }

  /**
   * Decodes every file once, so that an unreadable file is reported before the start; returns
   * seconds.
   */
  private static Map<String, Double> check(Map<String, Path> byStem) {
    Map<String, Double> seconds = new LinkedHashMap<>();
    for (Map.Entry<String, Path> e : byStem.entrySet()) {
      try (AudioFile file = AudioFile.open(e.getValue())) {
        int samples = 1 << 14;
        float[] buffer = new float[samples * file.channels()];
        long total = 0;
        for (int n = file.read(buffer, samples); n > 0; n = file.read(buffer, samples)) {
          total += n;
        }
        seconds.put(e.getKey(), total / (double) file.rate());
      }
    }
    return seconds;
  }

  private JobOptions options() {
    try {
      JobOptions options =
          JOB.options()
              .of(
                  Map.of(
                      ModelOptions.MODEL.name(),
                      (model != null ? model : Installation.transcriber()).toString(),
                      ModelOptions.BACKEND.name(),
                      backend,
                      KafkaOptions.PREVIEW.name(),
                      "false",
                      KafkaOptions.STREAM.name(),
                      "transcribe"));
      return secondPass == null
          ? options
          : options.with(TranscriptionOptions.SECOND_PASS, secondPass.toString());
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage(), e);
    }
  }

  private static Transcripts transcribe(
      LocalJob local, Map<String, Path> byStem, double longest, Progress progress) {
    Topics topics = local.topics();
    Transcripts transcripts = new Transcripts(byStem.keySet());
    List<Playback.Part> parts = new ArrayList<>();
    try (TopicReader reader =
        local.reader(topics.finals(), topics.sessions(), topics.deadLetters())) {
      byStem.forEach((stem, path) -> parts.add(new Playback.Part(stem, AudioFile.open(path))));
      Instant start =
          Instant.now().minusMillis((long) (longest * 1000)); // no capture time is in the future
      Playback playback = new Playback(chunkMillis(parts), Double.POSITIVE_INFINITY, start);
      try (Player player = Player.start(playback, parts, local.bootstrap(), topics.in())) {
        while (!(player.finished() && transcripts.complete())) {
          for (ConsumerRecord<String, byte[]> record : reader.poll(Duration.ofMillis(100))) {
            transcripts.take(record.value());
          }
          if (ShutdownHook.asked()) {
            throw new Failure("Stopped.");
          }
          local.checkRunning();
          progress.show(transcripts.reached(), longest, "");
        }
      }
      local.finishJob();
      while (!reader.atEnd()) {
        reader.poll(Duration.ofMillis(100)).forEach(r -> transcripts.take(r.value()));
      }
      return transcripts;
    } finally {
      progress.clear();
      parts.forEach(p -> p.sound().close());
    }
  }

  /** The chunk that no sound makes too large for a record. */
  private static int chunkMillis(List<Playback.Part> parts) {
    int millis = CHUNK_MILLIS;
    for (Playback.Part part : parts) {
      int bytesPerSecond = part.sound().rate() * part.sound().channels() * BYTES_PER_SAMPLE;
      millis = Math.min(millis, (int) (CHUNK_BYTES * 1000L / bytesPerSecond));
    }
    return millis;
  }
}
