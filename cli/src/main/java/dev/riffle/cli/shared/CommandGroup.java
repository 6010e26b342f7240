package dev.riffle.cli.shared;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** A verb that needs a kind behind it, such as {@code model inspect}. */
public abstract class CommandGroup implements Runnable {
  @Spec CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(),
        "Say which KIND of "
            + spec.name()
            + ": "
            + String.join(" or ", spec.subcommands().keySet())
            + ".");
  }
}
