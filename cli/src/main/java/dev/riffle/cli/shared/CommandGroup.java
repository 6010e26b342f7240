package dev.riffle.cli.shared;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * A command that consists of subcommands, such as {@code model inspect}.
 *
 * <p>Modules that {@code cli} does not depend on, such as {@code evaluation}, register theirs as a
 * service of this class ({@link java.util.ServiceLoader}). The command line adds every group that
 * is on its class path.
 */
public abstract class CommandGroup implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(),
        "Missing subcommand of '"
            + spec.qualifiedName()
            + "'. Expected one of: "
            + String.join(", ", spec.subcommands().keySet())
            + ".");
  }
}
