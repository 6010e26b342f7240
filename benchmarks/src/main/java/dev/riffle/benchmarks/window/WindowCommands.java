package dev.riffle.benchmarks.window;

import dev.riffle.cli.shared.CommandGroup;
import picocli.CommandLine.Command;

/** {@code riffle bench window}. */
@Command(
    name = "window",
    description = "One window of a windowed model.",
    subcommands = {WindowLengthBenchmark.class, ReadBatchBenchmark.class})
public final class WindowCommands extends CommandGroup {}
