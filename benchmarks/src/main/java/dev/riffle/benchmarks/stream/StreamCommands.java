package dev.riffle.benchmarks.stream;

import dev.riffle.cli.shared.CommandGroup;
import picocli.CommandLine.Command;

/** {@code riffle bench stream}. */
@Command(
    name = "stream",
    description = "Load through Kafka and Flink.",
    subcommands = {
      LiveStreamsBenchmark.class,
      WindowedJobBenchmark.class,
      AnnotationJobBenchmark.class,
      FlowCellBenchmark.class
    })
public final class StreamCommands extends CommandGroup {}
