package dev.riffle.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.riffle.cli.Riffle;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class BenchCommandsTest {
  @Test
  void theCommandLineFindsTheGroupAndItsCommands() {
    CommandLine group = Riffle.commandLine().getSubcommands().get("bench");
    assertThat(group.getSubcommands()).containsOnlyKeys("step", "window", "peers", "stream");
  }

  @Test
  void everyCommandPrintsItsHelp() {
    List<String> path = List.of("bench");
    printsHelp(Riffle.commandLine().getSubcommands().get("bench"), path);
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
}
