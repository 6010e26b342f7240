package dev.riffle.evaluation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.riffle.cli.Riffle;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class EvaluateCommandsTest {
  @Test
  void theCommandLineFindsTheGroupAndItsCommands() {
    CommandLine group = Riffle.commandLine().getSubcommands().get("evaluate");
    assertThat(group.getSubcommands())
        .containsOnlyKeys("music", "second-pass", "recordings", "genes", "reads");
  }

  @Test
  void everyCommandPrintsItsHelp() {
    List<String> path = List.of("evaluate");
    printsHelp(Riffle.commandLine().getSubcommands().get("evaluate"), path);
  }

  private static void printsHelp(CommandLine command, List<String> path) {
    List<String> arguments = new ArrayList<>(path);
    arguments.add("--help");
    StringWriter out = new StringWriter();
    CommandLine line = Riffle.commandLine();
    line.setOut(new PrintWriter(out, true));
    assertThat(line.execute(arguments.toArray(String[]::new))).isZero();
    assertThat(out.toString()).contains("Usage: riffle " + String.join(" ", path), "--verbose");
    command
        .getSubcommands()
        .forEach(
            (name, sub) -> {
              List<String> longer = new ArrayList<>(path);
              longer.add(name);
              printsHelp(sub, longer);
            });
  }

  @Test
  void transcribedNotesAreScoredAndAMissingFileFails(@TempDir Path dir) throws IOException {
    Path labels = Files.createDirectories(dir.resolve("labels"));
    Path notes = Files.createDirectories(dir.resolve("notes"));
    Files.writeString(labels.resolve("a.csv"), "onset_s,midi_pitch\n1.0,60\n2.0,62\n");
    Files.writeString(notes.resolve("a.csv"), "onset_s,midi_pitch\n1.01,60\n3.0,64\n");
    CommandLine line = Riffle.commandLine();
    String[] command = {"evaluate", "music", notes.toString(), labels.toString()};
    assertThat(line.execute(command)).isZero();
    Files.writeString(labels.resolve("b.csv"), "onset_s,midi_pitch\n1.0,60\n");
    assertThat(line.execute(command)).isEqualTo(1);
  }
}
