package dev.riffle.cli.stream;

import dev.riffle.cli.shared.CommandGroup;
import picocli.CommandLine.Command;

/** {@code riffle produce}. */
@Command(
    name = "produce",
    description = "Write data to the input topic of a job.",
    synopsisSubcommandLabel = "COMMAND",
    commandListHeading = "%nCommands:%n",
    subcommands = {ProduceAudio.class, ProduceReads.class, ProduceEvents.class})
public final class ProduceCommand extends CommandGroup {}
