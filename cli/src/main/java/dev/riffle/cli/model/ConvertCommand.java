package dev.riffle.cli.model;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.riffle.cli.shared.Counted;
import dev.riffle.cli.shared.Failure;
import dev.riffle.models.Settings;
import dev.riffle.models.families.Families;
import dev.riffle.models.weights.ElementType;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Creates a model directory from weights, or another version of a model. */
@Command(
    name = "convert",
    description = {
      "Create a model directory from a file of weights, or another version of a model.",
      "The model is loaded before anything is written. An existing version is never replaced."
    })
final class ConvertCommand implements Callable<Integer> {
  private static final ObjectReader JSON =
      new JsonMapper().reader().with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
  private static final int NAMED = 5;

  /** Types to which numbers can be rounded. */
  enum Type {
    F32(ElementType.F32),
    F64(ElementType.F64),
    F16(ElementType.F16),
    BF16(ElementType.BF16),
    KEEP(null);

    private final ElementType type;

    Type(ElementType type) {
      this.type = type;
    }
  }

  /** File formats of weights. */
  enum Format {
    SAFETENSORS,
    NPZ
  }

  @Spec CommandSpec spec;

  @Parameters(
      index = "0",
      paramLabel = "SOURCE",
      description = "A .safetensors or .npz file, or a model directory: <name>/<version>/.")
  Path source;

  @Parameters(
      index = "1",
      paramLabel = "TARGET",
      description = "Model directory to write: <name>/<version>/. It must not exist.")
  Path target;

  @Option(
      names = "--family",
      paramLabel = "NAME",
      description = "Family of the model, if neither SOURCE nor --config contains it.")
  String family;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "Settings as a JSON object. They take precedence over those of SOURCE.")
  Path file;

  @Option(
      names = "--set",
      paramLabel = "NAME=VALUE",
      description =
          "One setting. It takes precedence over --config. VALUE is JSON or text. Repeatable.")
  List<String> set = List.of();

  @Option(
      names = "--skip",
      paramLabel = "TENSOR",
      description =
          "Tensor to omit. With * at the end, all tensors with this prefix, such as 'opt/*'."
              + " Repeatable.")
  List<String> skip = List.of();

  @Option(
      names = "--strip",
      paramLabel = "PREFIX",
      description = "Prefix to remove from every tensor name, such as module.")
  String strip;

  @Option(
      names = "--as",
      paramLabel = "VARIANT",
      description =
          "Convert the model to another variant of its family: rse's torch-b to tf (network heavy),"
              + " or tf to torch-b.")
  String variant;

  @Option(
      names = "--dtype",
      paramLabel = "TYPE",
      defaultValue = "F32",
      description =
          "Type of the floating-point numbers: ${COMPLETION-CANDIDATES} (default:"
              + " ${DEFAULT-VALUE}).")
  Type type;

  @Option(
      names = "--to",
      paramLabel = "FORMAT",
      defaultValue = "SAFETENSORS",
      description =
          "File format of the weights: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  Format format;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    Conversion conversion = Conversion.of(source);
    conversion.configure(settings(conversion.config()));
    skip.forEach(conversion::skip);
    if (strip != null) {
      conversion.strip(strip);
    }
    if (variant != null) {
      note(conversion.variant(variant), "not used by VARIANT, and omitted", "");
    }
    if (type.type != null) {
      conversion.round(type.type);
    }
    Conversion.Result result = conversion.write(target, format == Format.NPZ);
    String written = Counted.of(result.tensors(), "tensor");
    out.println(target + ": " + written + ", " + Counted.of(result.numbers(), "number"));
    note(
        result.unread(),
        "not read by this model, but copied",
        ". Check the settings, or omit a tensor with --skip");
    out.flush();
    return 0;
  }

  private void note(List<String> tensors, String what, String hint) {
    if (!tensors.isEmpty()) {
      String more = tensors.size() > NAMED ? ", ..." : "";
      spec.commandLine()
          .getOut()
          .printf(
              "note: %s %s: %s%s%s%n",
              Counted.of(tensors.size(), "tensor"),
              what,
              String.join(", ", tensors.subList(0, Math.min(NAMED, tensors.size()))),
              more,
              hint);
    }
  }

  /** Those of the source, then those of --config, then those of --set. */
  private Settings settings(Settings source) {
    Settings settings = source;
    if (file != null) {
      settings = settings.with(Settings.parse(text(file), file.toString()));
    }
    for (String assignment : set) {
      int equals = assignment.indexOf('=');
      if (equals < 1) {
        throw new ParameterException(
            spec.commandLine(),
            "--set '" + assignment + "' is not NAME=VALUE, such as --set d_model=16.");
      }
      String value = assignment.substring(equals + 1);
      settings = settings.with(assignment.substring(0, equals), value(value));
    }
    if (family != null) {
      if (settings.has("family") && !settings.text("family").equals(family)) {
        throw settings.expected("'" + family + "', as --family says,", "family");
      }
      settings = settings.with("family", family);
    }
    if (!settings.has("family")) {
      throw new ParameterException(
          spec.commandLine(),
          "The family of "
              + this.source
              + " is unknown. Pass --family with one of "
              + String.join(", ", Families.names())
              + ".");
    }
    return settings;
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new Failure("Cannot read the settings from " + file + ": " + e, e);
    }
  }

  private static JsonNode value(String text) {
    try {
      JsonNode value = JSON.readTree(text);
      return value.isMissingNode() ? TextNode.valueOf(text) : value;
    } catch (JsonProcessingException e) {
      return TextNode.valueOf(text); // such as tf-musicnet
    }
  }
}
