package dev.riffle.cli.demo;

import dev.riffle.cli.shared.CommandGroup;
import picocli.CommandLine.Command;

/** {@code riffle demo}: known data through Kafka and Flink in this JVM. */
@Command(
    name = "demo",
    description =
        "Run a complete example in this JVM; nothing needs to be installed or configured.",
    synopsisSubcommandLabel = "COMMAND",
    commandListHeading = "%nCommands:%n",
    subcommands = {DemoMusic.class, DemoDna.class})
public final class DemoCommand extends CommandGroup {}
