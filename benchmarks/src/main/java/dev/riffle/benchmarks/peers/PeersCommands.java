package dev.riffle.benchmarks.peers;

import dev.riffle.cli.shared.CommandGroup;
import picocli.CommandLine.Command;

/** {@code riffle bench peers}. */
@Command(
    name = "peers",
    description = "Windowed models next to PyTorch and onnxruntime.",
    subcommands = {WindowPeersBenchmark.class})
public final class PeersCommands extends CommandGroup {}
