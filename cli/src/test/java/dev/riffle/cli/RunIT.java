package dev.riffle.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.riffle.local.LocalBroker;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** A run that is stopped by a signal: SIGTERM, which is handled like Ctrl-C but never ignored. */
class RunIT {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  void aStoppedRunSaysThatEverythingIsCommittedAndItsOffsetsAreToo(@TempDir Path dir)
      throws Exception {
    Path job = CommandLines.checkout().resolve("demo/jobs/chordmixer.yaml");
    Path lines = dir.resolve("letters.jsonl");
    Files.writeString(lines, "{\"letters\": [3, 0, 19], \"end\": true}\n");
    try (LocalBroker broker = LocalBroker.start()) {
      String[] on = {"--bootstrap", broker.bootstrap()};
      CommandLines.run("produce", "events", job, lines, "--key", "a", on[0], on[1]);
      String checkpoints = dir.resolve("checkpoints").toUri().toString();
      CompletableFuture<Integer> exit =
          CompletableFuture.supplyAsync(
              () ->
                  start(
                      "run",
                      job.toString(),
                      on[0],
                      on[1],
                      "--checkpoint-dir",
                      checkpoints,
                      "--checkpoint-interval",
                      "60s"));
      while (!out.toString().contains("Press Ctrl-C") && !exit.isDone()) {
        TimeUnit.MILLISECONDS.sleep(20);
      }
      CommandLines preview =
          CommandLines.run(
              "tail", "riffle.letters.preview.v1", on[0], on[1], "--from-beginning", "--max", "1");
      assertThat(preview.out().lines()).as(err.toString()).hasSize(1);
      assertThat(exit).isNotDone();

      terminate();

      assertThat(exit.get(PATIENCE.toSeconds(), TimeUnit.SECONDS)).as(err.toString()).isZero();
      assertThat(err.toString().lines().toList())
          .hasSize(2)
          .element(1)
          .asString()
          .matches(
              "\\d\\d:\\d\\d:\\d\\d stopped\\. Everything that was computed is committed\\."
                  + " Resume with --from-savepoint file:.*");
      try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrap()))) {
        assertThat(
                admin
                    .listConsumerGroupOffsets("riffle.letters")
                    .partitionsToOffsetAndMetadata()
                    .get()
                    .values())
            .as("a run without the savepoint does not read the record again")
            .extracting(OffsetAndMetadata::offset)
            .containsExactly(1L);
      }
    }
  }

  private int start(String... arguments) {
    CommandLine line = Riffle.commandLine();
    line.setOut(new PrintWriter(out, true));
    line.setErr(new PrintWriter(err, true));
    return line.execute(arguments);
  }

  private static void terminate() throws Exception {
    new ProcessBuilder("kill", "-TERM", Long.toString(ProcessHandle.current().pid()))
        .inheritIO()
        .start()
        .waitFor();
  }
}
