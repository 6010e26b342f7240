package dev.riffle.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.riffle.cli.audio.SoundFiles;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class RiffleTest {
  @TempDir Path dir;

  @Test
  void everyCommandPrintsItsHelp() {
    List<String> commands = List.copyOf(Riffle.commandLine().getSubcommands().keySet());
    assertThat(commands)
        .contains(
            "demo",
            "transcribe",
            "produce",
            "run",
            "submit",
            "validate",
            "tail",
            "verify",
            "model",
            "doctor",
            "help");
    for (String command : commands) {
      CommandLines help = CommandLines.run(command, "--help");
      assertThat(help.exit()).as(command).isZero();
      assertThat(help.out()).as(command).contains("Usage: riffle " + command);
      for (CommandLine sub :
          Riffle.commandLine().getSubcommands().get(command).getSubcommands().values()) {
        CommandLines subHelp = CommandLines.run(command, sub.getCommandName(), "--help");
        assertThat(subHelp.out()).contains("Usage: riffle " + command + " " + sub.getCommandName());
      }
    }
  }

  @Test
  void theJobsOptionsAreOptionsOfRunAndSubmit() {
    assertThat(CommandLines.run("run", "--help").out())
        .contains("--gap-policy", "--max-queue-delay", "--bootstrap");
    assertThat(CommandLines.run("submit", "--help").out()).contains("--gap-policy", "--jobmanager");
  }

  @Test
  void theHelpOfAJobListsItsOptionsOnly() {
    for (String verb : List.of("run", "submit")) {
      String transcription = CommandLines.run(verb, "transcription", "--help").out();
      assertThat(transcription)
          .contains("Transcribe sound to notes.", "--second-pass", "--bootstrap", "--gap-policy")
          .doesNotContain("--targets", "--background", "--sampling");
      assertThat(CommandLines.run(verb, "read-until", "--help").out())
          .contains("--targets", "--max-false-accept=NUMBER", "--max-bases=N")
          .doesNotContain("--second-pass", "--rest=");
      assertThat(CommandLines.run(verb, "annotation", "--help").out())
          .contains("--bootstrap=HOST:PORT", "(default: dna)")
          .doesNotContain("--second-pass", "--targets");
      assertThat(CommandLines.run(verb, "--help").out())
          .contains("transcription", "annotation", "read-until", "JOB.yaml")
          .doesNotContain("--second-pass", "--targets");
    }
  }

  @Test
  void anOptionOfAnotherJobIsAUsageErrorThatNamesItsJob() {
    for (CommandLines refused :
        List.of(
            CommandLines.run("run", "--targets", "a.fasta"),
            CommandLines.run("run", "annotation", "--targets", "a.fasta"),
            CommandLines.run("run", "--targets", "a.fasta", "annotation"))) {
      assertThat(refused.exit()).isEqualTo(2);
      assertThat(refused.err())
          .startsWith("riffle: Option --targets belongs to the job read-until: remove it.");
    }
  }

  @Test
  void readUntilAsksForTargets() {
    for (CommandLines asked :
        List.of(
            CommandLines.run("run", "read-until"),
            CommandLines.run(
                "submit", "read-until", "--jobmanager", "http://127.0.0.1:1", "--model", "m"))) {
      assertThat(asked.exit()).isNotZero();
      assertThat(asked.err()).contains("Option --targets is required: FASTA files");
    }
  }

  @Test
  void aVersionIsReported() {
    assertThat(CommandLines.run("--version").out()).startsWith("riffle ").contains("Java ");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "sing",
        "demo",
        "demo music --speed fast",
        "demo music --seconds 1",
        "transcribe",
        "transcribe a.wav",
        "demo dna --bases 10",
        "demo dna --speed fast",
        "demo dna --chunk-bases 0",
        "demo dna nowhere.fasta",
        "demo dna --code 1",
        "produce audio",
        "produce reads",
        "produce reads a.fasta --synthetic 1000",
        "produce reads nowhere.fasta",
        "produce reads --synthetic 1000 --chunk-bases 0",
        "produce reads --synthetic 1000 --code 12",
        "produce events",
        "produce events nowhere.yaml a.jsonl",
        "produce audio a.wav --mic",
        "produce audio a.wav --namespace a.b",
        "run --gap-policy never",
        "run --parallelism none",
        "submit --jobmanager http://127.0.0.1:1",
        "validate",
        "validate nowhere.yaml",
        "run nowhere.yaml",
        "submit nowhere.yaml --jobmanager http://127.0.0.1:1",
        "tail",
        "verify",
        "model",
        "model inspect",
        "model inspect . --length 0",
        "verify . --backend abacus"
      })
  void aUsageErrorExitsWithTwoAndPointsToTheHelp(String line) {
    CommandLines result = CommandLines.run((Object[]) line.split(" "));
    if (line.isEmpty()) {
      result = CommandLines.run();
    }
    assertThat(result.exit()).isEqualTo(2);
    assertThat(result.err()).startsWith("riffle: ").contains("Try: riffle").doesNotContain("\tat ");
    assertThat(result.out()).isEmpty();
  }

  @Test
  void aGroupWithoutASubcommandNamesItsSubcommands() {
    assertThat(CommandLines.run("model").err())
        .startsWith(
            "riffle: Missing subcommand of 'riffle model'. Expected one of: inspect, convert.")
        .contains("Try: riffle model --help");
    assertThat(CommandLines.run("demo").err()).contains("Expected one of: music, dna.");
    assertThat(CommandLines.run("produce").err())
        .contains("Expected one of: audio, reads, events.");
  }

  @Test
  void aMistypedOptionIsGuessed() {
    assertThat(CommandLines.run("run", "--gap-polcy", "fill").err()).contains("--gap-policy");
  }

  @Test
  void anErrorIsASentenceAndItsTraceIsThereOnDemand() {
    Path missing = dir.resolve("missing.safetensors");
    CommandLines plain = CommandLines.run("verify", missing);
    assertThat(plain.exit()).isEqualTo(1);
    assertThat(plain.err()).isEqualTo("riffle: The golden " + missing + " does not exist.\n");
    assertThat(CommandLines.run("verify", missing, "--verbose").err())
        .contains("The golden")
        .contains("\tat dev.riffle.cli");
  }

  @Test
  void twoInputsOfOneStemAreRefused() {
    CommandLines result = CommandLines.run("transcribe", "a/x.wav", "b/x.flac", "-o", dir);
    assertThat(result.exit()).isEqualTo(2);
    assertThat(result.err()).contains("would both be written to x.*");
  }

  @Test
  void whatIsThereIsNotReplacedUnasked() throws IOException {
    Path sound = SoundFiles.wav(dir.resolve("a.wav"), new float[800], 8000, 1, 16, false);
    Files.createFile(dir.resolve("a.mid"));
    CommandLines result = CommandLines.run("transcribe", sound, "-o", dir);
    assertThat(result.exit()).isEqualTo(1);
    assertThat(result.err()).contains(dir.resolve("a.mid") + " exists. Pass --force");
  }

  @Test
  void aDirectoryThatCannotBeWrittenToIsReported() throws IOException {
    Path file = Files.createFile(dir.resolve("file"));
    CommandLines result = CommandLines.run("transcribe", "a.wav", "-o", file.resolve("out"));
    assertThat(result.exit()).isEqualTo(1);
    assertThat(result.err())
        .contains("Cannot write to the output directory")
        .contains("Choose another with -o");
  }

  @Test
  void badSoundsAreReportedOneByOneBeforeAnythingStarts() throws IOException {
    Path none = dir.resolve("none.wav");
    Path bad = Files.createFile(dir.resolve("b.wav"));
    CommandLines result = CommandLines.run("transcribe", none, bad, "-o", dir.resolve("out"));
    assertThat(result.exit()).isEqualTo(1);
    assertThat(result.err())
        .isEqualTo(
            "riffle: The file "
                + none
                + " does not exist.\nriffle: "
                + bad
                + " is empty: 0 bytes.\n");
    assertThat(dir.resolve("out")).isEmptyDirectory();
  }

  @Test
  void aModelThatIsNotThereIsReportedBeforeAnythingStarts() throws IOException {
    Path sound = SoundFiles.wav(dir.resolve("a.wav"), new float[800], 8000, 1, 16, false);
    Path model = dir.resolve("no-model/1");
    for (CommandLines result :
        List.of(
            CommandLines.run("transcribe", sound, "-o", dir.resolve("out"), "--model", model),
            CommandLines.run("transcribe", sound, "-o", dir.resolve("out"), "--second-pass", model),
            CommandLines.run("run", "--second-pass", model),
            CommandLines.run("run", "--model", model))) {
      assertThat(result.exit()).isEqualTo(1);
      assertThat(result.err()).contains(model + " is not a model directory");
    }
  }

  @Test
  void weightsOfAnotherHashAreRefused() throws IOException {
    Path model = Files.createDirectories(dir.resolve("lru-transcriber/1"));
    for (String name : List.of("config.json", "model.safetensors", "provenance.json")) {
      Files.copy(CommandLines.transcriber().resolve(name), model.resolve(name));
    }
    byte[] weights = Files.readAllBytes(model.resolve("model.safetensors"));
    weights[weights.length - 1] ^= 1;
    Files.write(model.resolve("model.safetensors"), weights);
    CommandLines result = CommandLines.run("run", "--model", model);
    assertThat(result.exit()).isEqualTo(1);
    assertThat(result.err()).contains("model.safetensors").contains("expected sha-256");
  }

  @Test
  void aBrokerThatIsAwayIsNamed() throws IOException {
    String closed = "127.0.0.1:" + freePort();
    Path sound = SoundFiles.wav(dir.resolve("a.wav"), new float[800], 8000, 1, 16, false);
    List<List<Object>> commands =
        List.of(
            List.of("tail", "riffle.music.final.v1"),
            List.of("run"),
            List.of("run", "annotation"),
            List.of("produce", "reads", "--synthetic", "99"),
            List.of("produce", "audio", sound));
    // Each waits for the broker for some seconds, so they wait side by side.
    List<CompletableFuture<CommandLines>> waiting =
        commands.stream()
            .map(
                command ->
                    CompletableFuture.supplyAsync(
                        () ->
                            CommandLines.run(
                                Stream.concat(command.stream(), Stream.of("--bootstrap", closed))
                                    .toArray())))
            .toList();
    for (CompletableFuture<CommandLines> command : waiting) {
      CommandLines result = command.join();
      assertThat(result.exit()).isEqualTo(1);
      assertThat(result.err()).contains("No broker answers at " + closed).contains("--bootstrap");
    }
  }

  @Test
  void aJobManagerThatIsAwayIsNamed() throws IOException {
    Path jar = Files.createFile(dir.resolve("job.jar"));
    String closed = "http://127.0.0.1:" + freePort();
    CommandLines result =
        CommandLines.run("submit", "--jobmanager", closed, "--jar", jar, "--model", "m");
    assertThat(result.exit()).isEqualTo(1);
    assertThat(result.err()).contains("No JobManager answers at " + closed);
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
