package dev.riffle.benchmarks;

import dev.riffle.benchmarks.peers.PeersCommands;
import dev.riffle.benchmarks.step.StepCommands;
import dev.riffle.benchmarks.stream.StreamCommands;
import dev.riffle.benchmarks.window.WindowCommands;
import dev.riffle.cli.shared.CommandGroup;
import picocli.CommandLine.Command;

/** {@code riffle bench}: a service that the command line finds on its class path. */
@Command(
    name = "bench",
    description = "Measure speed.",
    subcommands = {
      StepCommands.class,
      WindowCommands.class,
      PeersCommands.class,
      StreamCommands.class
    })
public final class BenchCommands extends CommandGroup {}
