package dev.riffle.cli.model;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.riffle.cli.shared.CommandGroup;
import dev.riffle.kernels.Backends;
import dev.riffle.models.Description;
import dev.riffle.models.families.Families;
import dev.riffle.models.weights.ModelDirectory;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Commands on model directories. */
@Command(
    name = "model",
    description = "Inspect and create model directories.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {ModelCommand.Inspect.class, ConvertCommand.class})
public final class ModelCommand extends CommandGroup {
  /** Prints the properties of a model. */
  @Command(
      name = "inspect",
      description = {
        "Check a model and print its size, cost and receptive field.",
        "Multiply-adds count linear maps, convolutions and attention."
      })
  public static final class Inspect implements Callable<Integer> {
    @Spec CommandSpec spec;

    @Parameters(paramLabel = "DIR", description = "Model directory: <name>/<version>/.")
    Path directory;

    @Option(
        names = "--length",
        paramLabel = "STEPS",
        description =
            "Number of steps for which multiply-adds are counted (default: 1, or the window of the"
                + " model).")
    Integer length;

    @Option(
        names = "--json",
        description =
            "Print {name, version, family, fingerprint, layers, parameters, reads,"
                + " predictions, window, state_bytes, multiply_adds, multiply_adds_per,"
                + " receptive_field, look_ahead, unread (tensors that the model does not read)}.")
    boolean json;

    @Override
    public Integer call() {
      if (length != null && length < 1) {
        throw new ParameterException(
            spec.commandLine(), "--length: expected 1 step or more, found " + length + ".");
      }
      ModelDirectory model = ModelDirectory.read(directory);
      Description d = Families.describe(model, Backends.find("cpu"), length == null ? 0 : length);
      PrintWriter out = spec.commandLine().getOut();
      if (json) {
        ObjectNode node = new ObjectMapper().createObjectNode();
        node.put("name", model.name()).put("version", model.version());
        node.put("family", model.family()).put("fingerprint", model.fingerprint());
        node.put("layers", d.layers()).put("parameters", model.weights().count());
        node.put("reads", d.reads()).put("predictions", d.predictions()).put("window", d.window());
        node.put("state_bytes", d.stateBytes()).put("multiply_adds", d.multiplyAdds());
        node.put("multiply_adds_per", d.per()).put("receptive_field", d.receptiveField());
        node.put("look_ahead", d.lookAhead());
        model.weights().unread().forEach(node.putArray("unread")::add);
        out.println(node.toPrettyString());
      } else {
        line("model", model.label());
        line("family", model.family());
        line("fingerprint", model.fingerprint());
        line("layers", number(d.layers()));
        line("parameters", number(model.weights().count()));
        line("reads", d.reads());
        line("predictions", d.predictions());
        line("state per key", state(d));
        line("multiply-adds", number(d.multiplyAdds()) + " for " + d.per());
        line("receptive field", d.receptiveField());
        line("look-ahead", d.lookAhead());
        if (!model.weights().unread().isEmpty()) {
          line("unread tensors", String.join(", ", model.weights().unread()));
        }
      }
      out.flush();
      return 0;
    }

    private static String state(Description d) {
      if (d.stateBytes() == 0) {
        return "none (this model has no streaming form)";
      }
      return (d.window() == 0 ? "" : "at most ") + number(d.stateBytes()) + " bytes";
    }

    private void line(String what, String value) {
      spec.commandLine().getOut().printf(Locale.ROOT, "%-16s %s%n", what, value);
    }

    private static String number(long value) {
      return String.format(Locale.ROOT, "%,d", value);
    }
  }
}
