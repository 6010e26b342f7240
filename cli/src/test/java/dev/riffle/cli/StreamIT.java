package dev.riffle.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.riffle.cli.audio.AudioFile;
import dev.riffle.cli.audio.SoundFiles;
import dev.riffle.cli.demo.Piece;
import dev.riffle.cli.demo.Rendering;
import dev.riffle.local.LocalBroker;
import dev.riffle.local.LocalCluster;
import dev.riffle.music.transcriber.OnsetScore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.sound.midi.MidiSystem;
import javax.sound.sampled.AudioSystem;
import javax.sound.sampled.Line;
import javax.sound.sampled.TargetDataLine;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.CoreOptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands that need a broker or a cluster. */
class StreamIT {
  private static final double GOOD = 0.8; // F1; the pieces are easy

  @TempDir Path dir;

  @Test
  void twoFilesOfTwoKindsAreTranscribedSideBySide() throws Exception {
    Piece one = Piece.compose(3, 8);
    Piece two = Piece.compose(4, 6);
    Path wav = rendered(one, "one");
    Path aiff = asAiff(rendered(two, "two"));
    Path out = dir.resolve("out");

    CommandLines result =
        CommandLines.run("transcribe", wav, aiff, "-o", out, "--csv", "--midi", "--json");

    assertThat(result.err()).isEmpty();
    assertThat(result.exit()).isZero();
    assertThat(result.out()).contains(wav + ": ", aiff + ": ", "out/one.csv", "out/two.mid");
    assertThat(out.toFile().list())
        .containsExactlyInAnyOrder(
            "one.csv", "one.mid", "one.json", "two.csv", "two.mid", "two.json");
    assertThat(score(one, out.resolve("one.csv"))).isGreaterThan(GOOD);
    assertThat(score(two, out.resolve("two.csv"))).isGreaterThan(GOOD);
    int notes = Files.readAllLines(out.resolve("one.csv")).size() - 1;
    assertThat(new ObjectMapper().readTree(out.resolve("one.json").toFile()).path("notes"))
        .hasSize(notes);
    assertThat(MidiSystem.getSequence(out.resolve("one.mid").toFile()).getMicrosecondLength() / 1e6)
        .isEqualTo(lastOffset(out.resolve("one.csv")), within(0.001));
  }

  @Test
  void aFileWithAValueThatIsNoNumberIsNamedAndTheOthersAreWritten() throws Exception {
    float[] sound = SoundFiles.sine(20_000, 1, 0.03);
    Path good = SoundFiles.wav(dir.resolve("good.wav"), sound, 16000, 1, 32, true);
    sound[5_000] = Float.NaN;
    Path bad = SoundFiles.wav(dir.resolve("bad.wav"), sound, 16000, 1, 32, true);
    Path out = dir.resolve("out");

    CommandLines result = CommandLines.run("transcribe", good, bad, "-o", out);

    assertThat(result.exit()).isEqualTo(1);
    assertThat(result.err())
        .startsWith("riffle: " + bad + " was not transcribed: ")
        .contains("finite");
    assertThat(out.toFile().list()).containsExactlyInAnyOrder("good.csv", "good.mid");
  }

  @Test
  void theDemonstrationHearsMostOfItsPiece() throws Exception {
    Path out = dir.resolve("out");
    CommandLines result =
        CommandLines.run("demo", "music", "--speed", "max", "--seconds", "6", "-o", out, "--json");

    assertThat(result.err()).isEmpty();
    JsonNode summary = new ObjectMapper().readTree(result.out());
    assertThat(summary.path("f1").asDouble()).isGreaterThan(GOOD);
    assertThat(summary.at("/latency_ms/algorithmic/p50").asDouble()).isBetween(80.0, 140.0);
    assertThat(score(Piece.compose(1, 6), out.resolve("out.csv")))
        .isEqualTo(summary.path("f1").asDouble(), within(1e-9));
    assertThat(out.resolve("out.mid")).isNotEmptyFile();
  }

  @Test
  void theDemonstrationWithASecondPassTellsItsVerdicts() throws Exception {
    Path out = dir.resolve("out");
    CommandLines result =
        CommandLines.run(
            "demo",
            "music",
            "--second-pass",
            "--speed",
            "max",
            "--seconds",
            "6",
            "-o",
            out,
            "--json");

    assertThat(result.err()).isEmpty();
    JsonNode summary = new ObjectMapper().readTree(result.out());
    assertThat(summary.path("f1").asDouble()).isGreaterThan(GOOD);
    JsonNode verdicts = summary.path("verdicts");
    assertThat(verdicts.path("confirmed").asInt()).isPositive();
    int stand =
        verdicts.path("confirmed").asInt()
            + verdicts.path("corrected").asInt()
            + verdicts.path("added").asInt();
    assertThat(Files.readAllLines(out.resolve("out.csv"))).hasSize(stand + 1);
    assertThat(summary.at("/latency_ms/algorithmic/p50").asDouble()).isBetween(80.0, 140.0);
  }

  @Test
  void whatIsProducedIsHeardByTheJobAndSeenByTail() throws Exception {
    Path wav = rendered(Piece.compose(5, 5), "five");
    try (LocalBroker broker = LocalBroker.start()) {
      String bootstrap = broker.bootstrap();
      CommandLines produced =
          CommandLines.run(
              "produce",
              "audio",
              wav,
              "--speed",
              "max",
              "--bootstrap",
              bootstrap,
              "--sequence-id",
              "five");
      assertThat(produced.exit()).as(produced.err()).isZero();
      assertThat(produced.out()).contains("riffle.music.in.v1", "the sequence has ended");

      CommandLines chunks =
          CommandLines.run(
              "tail",
              "riffle.music.in.v1",
              "--bootstrap",
              bootstrap,
              "--from-beginning",
              "--max",
              "150",
              "--json");
      for (String chunk : chunks.out().lines().toList()) {
        long micros = new ObjectMapper().readTree(chunk).path("capture_time").asLong();
        assertThat(micros / 1000)
            .as("played faster than recorded, it was captured before")
            .isBetween(1L, System.currentTimeMillis());
      }

      CommandLines ran = CommandLines.run("run", "--bootstrap", bootstrap, "--bounded", "true");
      assertThat(ran.exit()).as(ran.err()).isZero();
      assertThat(ran.out()).contains("The job has processed all records and finished.");

      CommandLines notes =
          CommandLines.run(
              "tail",
              "riffle.music.final.v1",
              "--bootstrap",
              bootstrap,
              "--from-beginning",
              "--max",
              "4",
              "--json");
      assertThat(notes.exit()).isZero();
      List<String> lines = notes.out().lines().toList();
      assertThat(lines).hasSize(4);
      JsonNode first = new ObjectMapper().readTree(lines.get(0));
      assertThat(first.path("sequence_id").asText()).isEqualTo("five");
      assertThat(first.path("is_final").asBoolean()).isTrue();
      CommandLines sessions =
          CommandLines.run(
              "tail",
              "riffle.music.sessions.v1",
              "--bootstrap",
              bootstrap,
              "--from-beginning",
              "--max",
              "2");
      assertThat(sessions.out()).contains("STARTED five  start", "ENDED   five  end");

      CommandLines unknown = CommandLines.run("tail", "nothing", "--bootstrap", bootstrap);
      assertThat(unknown.exit()).isEqualTo(1);
      assertThat(unknown.err()).contains("has no topic nothing").contains("riffle.music.in.v1");
    }
  }

  @Test
  void aSubmittedJobHearsWhatIsProduced() throws Exception {
    Path wav = rendered(Piece.compose(6, 5), "six");
    // The connector is on this JVM's class path already: the job must not bring another.
    Configuration parentFirst = new Configuration();
    parentFirst.set(CoreOptions.CLASSLOADER_RESOLVE_ORDER, "parent-first");
    try (LocalBroker broker = LocalBroker.start();
        LocalCluster cluster = LocalCluster.start(1, 1, parentFirst)) {
      String bootstrap = broker.bootstrap();
      String[] submit = {
        "submit",
        "--jobmanager",
        cluster.rest().toString(),
        "--bootstrap",
        bootstrap,
        "--model",
        CommandLines.transcriber().toString(),
        "--json"
      };
      CommandLines early = CommandLines.run((Object[]) submit);
      assertThat(early.exit()).isEqualTo(1);
      assertThat(early.err())
          .contains("rejected the request (400)")
          .contains("has no topic riffle.music.in.v1");

      CommandLines.run("produce", "audio", wav, "--speed", "max", "--bootstrap", bootstrap);
      CommandLines submitted = CommandLines.run((Object[]) submit);
      assertThat(submitted.exit()).as(submitted.err()).isZero();
      assertThat(new ObjectMapper().readTree(submitted.out()).path("job_id").asText())
          .matches("[0-9a-f]{32}");
      CommandLines notes =
          CommandLines.run(
              "tail",
              "riffle.music.final.v1",
              "--bootstrap",
              bootstrap,
              "--from-beginning",
              "--max",
              "2");
      assertThat(notes.out()).contains("ON ", "six", "final");
    }
  }

  @Test
  void aJobOfAFileAnswersTheLinesThatAreProduced() throws Exception {
    Path job = CommandLines.checkout().resolve("demo/jobs/chordmixer.yaml");
    Path lines = dir.resolve("letters.jsonl");
    Files.writeString(
        lines,
        """
        {"letters": [3, 0, 19, 4, 4, 7, 1, 12]}
        {"letters": [3, 20.5]}

        {"letters": [8, 8, 2], "end": true}
        """);
    Configuration parentFirst = new Configuration();
    parentFirst.set(CoreOptions.CLASSLOADER_RESOLVE_ORDER, "parent-first");
    try (LocalBroker broker = LocalBroker.start();
        LocalCluster cluster = LocalCluster.start(1, 1, parentFirst)) {
      String[] on = {"--bootstrap", broker.bootstrap()};
      CommandLines early = CommandLines.run("run", job, on[0], on[1]);
      assertThat(early.exit()).isEqualTo(1);
      assertThat(early.err()).contains("has no topic letters.read").contains("create it");

      CommandLines produced =
          CommandLines.run("produce", "events", job, lines, "--key", "a", on[0], on[1]);
      assertThat(produced.exit()).isEqualTo(1);
      assertThat(produced.err()).contains(lines + ":2: Expected a token from 0 to");
      assertThat(produced.out()).contains("Sent 2 to letters.read; 1 not sent.");

      CommandLines ran = CommandLines.run("run", job, "--bounded", "true", on[0], on[1]);
      assertThat(ran.exit()).as(ran.err()).isZero();
      String[] tail = {
        "tail", "riffle.letters.final.v1", "--from-beginning", "--max", "1", on[0], on[1]
      };
      CommandLines answers = CommandLines.run((Object[]) tail);
      JsonNode answer = new ObjectMapper().readTree(answers.out());
      assertThat(answer.path("sequence_id").asText()).isEqualTo("a");
      assertThat(answer.path("position").asLong()).isZero();
      assertThat(answer.path("length").asInt()).isEqualTo(11);
      assertThat(answer.path("values")).hasSize(2);

      CommandLines submitted =
          CommandLines.run(
              "submit", job, "--jobmanager", cluster.rest(), "--stream", "again", on[0], on[1]);
      assertThat(submitted.err()).contains("has no topic riffle.again.");
      CommandLines.run("produce", "events", job, lines, "--key", "a", on[0], on[1]);
      submitted =
          CommandLines.run(
              "submit", job, "--jobmanager", cluster.rest(), "--group-id", "other", on[0], on[1]);
      assertThat(submitted.exit()).as(submitted.err()).isZero();
      tail[4] = "3";
      List<String> all = CommandLines.run((Object[]) tail).out().lines().toList();
      assertThat(all).hasSize(3).allMatch(answers.out().strip()::equals);
    }
  }

  @Test
  void aMicrophoneThatIsNotThereIsReported() {
    assumeFalse(
        AudioSystem.isLineSupported(new Line.Info(TargetDataLine.class)),
        "this machine has a microphone");
    CommandLines result = CommandLines.run("produce", "audio", "--mic");
    assertThat(result.exit()).isEqualTo(1);
    assertThat(result.err()).contains("No microphone gives").contains("pass a file instead");
  }

  private Path rendered(Piece piece, String name) throws IOException {
    Path wav = dir.resolve(name + ".wav");
    Rendering.write(piece, wav);
    return wav;
  }

  private Path asAiff(Path wav) throws IOException {
    Path aiff = Path.of(wav.toString().replace(".wav", ".aiff"));
    try (AudioFile file = AudioFile.open(wav)) {
      float[] sound = SoundFiles.readAll(file, 4096);
      SoundFiles.aiff(aiff, sound, file.rate(), file.channels(), 24);
    }
    return aiff;
  }

  private static double score(Piece piece, Path csv) throws IOException {
    List<OnsetScore.Onset> heard = new ArrayList<>();
    for (String line : rows(csv)) {
      String[] fields = line.split(",");
      assertThat(fields).hasSize(5);
      heard.add(new OnsetScore.Onset(Double.parseDouble(fields[0]), Integer.parseInt(fields[2])));
    }
    List<OnsetScore.Onset> score =
        piece.notes().stream().map(n -> new OnsetScore.Onset(n.onset(), n.pitch())).toList();
    return OnsetScore.of(score, heard).f1();
  }

  private static double lastOffset(Path csv) throws IOException {
    return rows(csv).stream().mapToDouble(l -> Double.parseDouble(l.split(",")[1])).max().orElse(0);
  }

  private static List<String> rows(Path csv) throws IOException {
    List<String> lines = Files.readAllLines(csv);
    assertThat(lines.get(0)).isEqualTo("onset_s,offset_s,midi_pitch,velocity,confidence");
    return lines.subList(1, lines.size());
  }
}
