package dev.riffle.cli.demo;

import static java.lang.Double.NaN;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.riffle.cli.audio.AudioFile;
import dev.riffle.cli.job.LocalJob;
import dev.riffle.cli.notes.MidiTiming;
import dev.riffle.cli.notes.NoteFormat;
import dev.riffle.cli.notes.WrittenNote;
import dev.riffle.cli.shared.Failure;
import dev.riffle.cli.shared.Installation;
import dev.riffle.cli.shared.OutputDirectory;
import dev.riffle.cli.shared.Progress;
import dev.riffle.cli.shared.ShutdownHook;
import dev.riffle.cli.shared.Workspace;
import dev.riffle.cli.topic.Playback;
import dev.riffle.cli.topic.Player;
import dev.riffle.cli.topic.Records;
import dev.riffle.cli.topic.Speed;
import dev.riffle.cli.topic.TopicReader;
import dev.riffle.cli.transcribe.Transcripts;
import dev.riffle.jobs.options.JobOptions;
import dev.riffle.jobs.stream.FlinkOptions;
import dev.riffle.jobs.stream.KafkaOptions;
import dev.riffle.jobs.stream.ModelOptions;
import dev.riffle.jobs.stream.Topics;
import dev.riffle.jobs.transcription.TranscriptionJob;
import dev.riffle.jobs.transcription.TranscriptionOptions;
import dev.riffle.music.transcriber.OnsetScore;
import dev.riffle.schemas.record.NoteEvent;
import dev.riffle.schemas.record.NoteKind;
import dev.riffle.schemas.record.NoteRevision;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.DoubleConsumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code riffle demo music}: a piano piece through Kafka and the transcription job. */
@Command(
    name = "music",
    description = {
      "Play a piano piece into Kafka and print its notes as Flink transcribes them.",
      "Broker and cluster run in this JVM on the loopback interface. The piece arrives like a live"
          + " recording. It is composed from --seed: its score is known, and the result is scored at"
          + " the end. DIR/out.mid and DIR/out.csv contain the notes of the final topic."
    })
public final class DemoMusic implements Callable<Integer> {
  private static final TranscriptionJob JOB = new TranscriptionJob();
  private static final String SEQUENCE = "demo";
  private static final String WARM_UP = "warm-up";
  private static final String AGAIN = "again";
  private static final double WARM_UP_SECONDS = 12;
  private static final Duration POLL = Duration.ofMillis(100);
  private static final double[] SHARES = {.5, .95, .99};

  @Spec CommandSpec spec;

  @Mixin Speed speed;

  @Option(
      names = "--seconds",
      paramLabel = "S",
      defaultValue = "24",
      description = "Length of the piece, 5 to 600 (default: ${DEFAULT-VALUE}).")
  double seconds;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "Seed of the piece (default: ${DEFAULT-VALUE}).")
  long seed;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "DIR",
      defaultValue = "out",
      description = "Output directory (default: ${DEFAULT-VALUE}).")
  Path directory;

  @Option(
      names = "--second-pass",
      description =
          "Revise each note with the shipped second pass: the final topic waits for its verdict, and"
              + " rejected notes are retracted on the preview topic.")
  boolean secondPass;

  @Option(names = "--json", description = "Print only the summary, as a JSON object.")
  boolean json;

  private PrintWriter out;
  private Piece piece;
  private double length; // of the sound, s

  @Override
  public Integer call() throws IOException {
    if (!(seconds >= 5 && seconds <= 600)) {
      throw new ParameterException(
          spec.commandLine(), "--seconds must be 5 to 600, found " + seconds + ".");
    }
    out = spec.commandLine().getOut();
    OutputDirectory output = OutputDirectory.make(directory);
    piece = Piece.compose(seed, seconds);
    try (Workspace files = Workspace.make()) {
      Path wav = files.path().resolve("piece.wav");
      Path warmUp = files.path().resolve("warm-up.wav");
      Rendering.write(piece, wav);
      Rendering.write(Piece.compose(seed + 1, WARM_UP_SECONDS), warmUp);
      say("Piano piece in %s: %d notes, seed %d.", piece.key(), piece.notes().size(), seed);
      say("Starting a Kafka broker and a Flink cluster in this JVM, on 127.0.0.1 ...");
      long began = System.nanoTime();
      try (LocalJob local = LocalJob.start(JOB, options())) {
        Heard heard = listen(local, wav, warmUp, began);
        NoteFormat.MIDI.write(
            output.file("out.mid"), piece.key(), heard.notes(), MidiTiming.DEFAULT);
        NoteFormat.CSV.write(
            output.file("out.csv"), piece.key(), heard.notes(), MidiTiming.DEFAULT);
        summary(heard);
      }
    }
    return 0;
  }

  private JobOptions options() {
    JobOptions options =
        JOB.options()
            .of(
                Map.of(
                    ModelOptions.MODEL.name(), Installation.transcriber().toString(),
                    FlinkOptions.CHECKPOINT_INTERVAL.name(), "500ms",
                    KafkaOptions.STREAM.name(), "demo"));
    return secondPass
        ? options.with(TranscriptionOptions.SECOND_PASS, Installation.secondPass().toString())
        : options;
  }

  /**
   * The transcription of the piece.
   *
   * @param fastSeconds from the first chunk to the last preview when played without a speed limit
   */
  private record Heard(Transcripts transcripts, Latencies latencies, double fastSeconds) {
    List<WrittenNote> notes() {
      return transcripts.notes(SEQUENCE);
    }

    int revised(NoteRevision revision) {
      return transcripts.revised(revision);
    }
  }

  private Heard listen(LocalJob local, Path wav, Path warmUp, long began) {
    Topics topics = local.topics();
    Latencies latencies = new Latencies();
    Progress progress = new Progress(out, !json && Installation.terminal());
    NoteListener ignored = (note, seen) -> {};
    try (TopicReader reader =
        local.reader(topics.preview(), topics.finals(), topics.sessions(), topics.deadLetters())) {
      // Warm-up: the first seconds of a JVM are slow, so another piece goes first.
      play(local, reader, WARM_UP, warmUp, Double.POSITIVE_INFINITY, ignored, s -> {});
      say("Ready after %.1f s. Playing it %s:", (System.nanoTime() - began) / 1e9, speedText());
      say("");
      say(
          "%9s  %-4s  %8s  %10s  %s",
          "onset", "note", "velocity", "confidence", speed.factor == 1 ? "visible after" : "");
      Played played =
          play(
              local,
              reader,
              SEQUENCE,
              wav,
              speed.factor,
              (note, seen) -> {
                boolean begins = note.getKind() == NoteKind.ON;
                show(note, begins ? latencies.add(note.getLatency(), seen) : NaN, progress);
              },
              seconds -> progress.show(seconds, length, ""));
      Played fast =
          Double.isInfinite(speed.factor)
              ? played
              : play(local, reader, AGAIN, wav, Double.POSITIVE_INFINITY, ignored, s -> {});
      local.finishJob();
      Transcripts transcripts = played.transcripts;
      while (!reader.atEnd()) {
        reader.poll(POLL).forEach(r -> transcripts.take(r.value()));
      }
      String problem = transcripts.problems().get(SEQUENCE);
      if (problem != null) {
        throw new Failure("The piece was not transcribed completely: " + problem);
      }
      return new Heard(transcripts, latencies, fast.seconds);
    } finally {
      progress.clear();
    }
  }

  /** Receives each note that begins or is retracted on the preview topic, and when it was seen. */
  private interface NoteListener {
    void accept(NoteEvent note, Instant seen);
  }

  /**
   * A sound that was played to its end.
   *
   * @param seconds until the last record on the preview topic
   */
  private record Played(Transcripts transcripts, double seconds) {}

  private Played play(
      LocalJob local,
      TopicReader reader,
      String sequence,
      Path wav,
      double speed,
      NoteListener listener,
      DoubleConsumer progress) {
    Transcripts transcripts = new Transcripts(List.of(sequence));
    Playback playback = new Playback(Playback.CHUNK_MILLIS, speed, Instant.now());
    long began = System.nanoTime();
    long last = began;
    try (AudioFile sound = AudioFile.open(wav);
        Player player =
            Player.start(
                playback,
                List.of(new Playback.Part(sequence, sound)),
                local.bootstrap(),
                local.topics().in())) {
      length = sound.length() / (double) sound.rate();
      while (!(player.finished() && transcripts.complete())) {
        for (ConsumerRecord<String, byte[]> record : reader.poll(POLL)) {
          Instant seen = Instant.now();
          if (transcripts.take(record.value()) instanceof NoteEvent note
              && !note.getIsFinal()
              && note.getSequenceId().equals(sequence)) {
            last = System.nanoTime();
            if (note.getKind() == NoteKind.ON || note.getRevision() == NoteRevision.RETRACTED) {
              listener.accept(note, speed == 1 ? seen : null);
            }
          }
        }
        if (ShutdownHook.asked()) {
          throw new Failure("Stopped.");
        }
        local.checkRunning();
        progress.accept(player.progress());
      }
    }
    return new Played(transcripts, (last - began) / 1e9);
  }

  private void show(NoteEvent note, double visible, Progress progress) {
    if (!json) {
      progress.line(
          String.format(
              Locale.ROOT,
              "%7.3f s  %-4s  %8d  %10.2f  %s",
              note.getOnsetSeconds(),
              Records.pitch(note.getPitch()),
              note.getVelocity(),
              note.getConfidence(),
              note.getRevision() == NoteRevision.RETRACTED
                  ? "retracted"
                  : Double.isNaN(visible) ? "" : String.format(Locale.ROOT, "%5.0f ms", visible)));
    }
  }

  private void summary(Heard heard) {
    OnsetScore score = OnsetScore.of(onsets(piece.notes()), onsets(heard.notes()));
    if (json) {
      out.println(summaryJson(heard, score).toPrettyString());
      out.flush();
      return;
    }
    say("");
    say(
        "notes      %d in the score, %d on the final topic, %d correct",
        score.reference(), score.estimated(), score.right());
    say(
        "F1         %.3f (precision %.3f, recall %.3f; onsets within 50 ms)",
        score.f1(), score.precision(), score.recall());
    if (secondPass) {
      say(
          "verdicts   %d confirmed, %d corrected, %d added; %d retracted on the preview topic",
          heard.revised(NoteRevision.CONFIRMED),
          heard.revised(NoteRevision.CORRECTED),
          heard.revised(NoteRevision.ADDED),
          heard.revised(NoteRevision.RETRACTED));
    }
    if (heard.latencies.count() > 0) {
      say("latency    of %d notes on the preview topic, in milliseconds:", heard.latencies.count());
      say("%18s %6s %6s %6s", "", "p50", "p95", "p99");
      for (Latencies.Part part : heard.latencies.parts()) {
        say(
            "%18s %6.1f %6.1f %6.1f   %s",
            part.name().toLowerCase(Locale.ROOT),
            heard.latencies.percentile(part, SHARES[0]),
            heard.latencies.percentile(part, SHARES[1]),
            heard.latencies.percentile(part, SHARES[2]),
            part.meaning);
      }
    }
    say(
        "speed      real-time factor %.3f (%.1f s of sound in %.2f s, without a speed limit)",
        heard.fastSeconds / length, length, heard.fastSeconds);
    say("wrote      %s and %s", directory.resolve("out.mid"), directory.resolve("out.csv"));
  }

  private ObjectNode summaryJson(Heard heard, OnsetScore score) {
    ObjectNode root = new ObjectMapper().createObjectNode();
    root.put("seed", seed).put("key", piece.key()).put("sound_seconds", length);
    root.put("score_notes", score.reference()).put("final_notes", score.estimated());
    root.put("correct_notes", score.right()).put("f1", score.f1());
    root.put("precision", score.precision()).put("recall", score.recall());
    if (secondPass) {
      ObjectNode verdicts = root.putObject("verdicts");
      for (NoteRevision revision : NoteRevision.values()) {
        if (revision != NoteRevision.NONE) {
          verdicts.put(revision.name().toLowerCase(Locale.ROOT), heard.revised(revision));
        }
      }
    }
    ObjectNode latency = root.putObject("latency_ms");
    for (Latencies.Part part : heard.latencies.parts()) {
      ObjectNode node = latency.putObject(part.name().toLowerCase(Locale.ROOT));
      for (double share : SHARES) {
        node.put("p" + Math.round(100 * share), heard.latencies.percentile(part, share));
      }
    }
    root.put("real_time_factor", heard.fastSeconds / length);
    root.putArray("wrote")
        .add(directory.resolve("out.mid").toString())
        .add(directory.resolve("out.csv").toString());
    return root;
  }

  private static List<OnsetScore.Onset> onsets(Collection<WrittenNote> notes) {
    return notes.stream().map(n -> new OnsetScore.Onset(n.onset(), n.pitch())).toList();
  }

  private String speedText() {
    return speed.factor == 1
        ? "in real time"
        : Double.isInfinite(speed.factor)
            ? "without a speed limit"
            : String.format(Locale.ROOT, "%.3g times as fast as it was recorded", speed.factor);
  }

  private void say(String format, Object... values) {
    if (!json) {
      out.printf(Locale.ROOT, format + "%n", values);
      out.flush();
    }
  }
}
