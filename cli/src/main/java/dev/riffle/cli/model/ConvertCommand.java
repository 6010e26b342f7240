package dev.riffle.cli.model;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.riffle.cli.shared.Failure;
import dev.riffle.models.Settings;
import dev.riffle.models.families.Families;
import dev.riffle.models.weights.ElementType;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Makes a model directory of weights, or another version of a model. */
@Command(
    name = "convert",
    description = {
      "Makes a model directory of a file of weights, or another version of a model directory.",
      "The model is loaded before anything is written; a version is never written over."
    })
final class ConvertCommand implements Callable<Integer> {
  private static final ObjectReader JSON =
      new JsonMapper().reader().with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
  private static final int NAMED = 5;

  /** Types that numbers can be rounded to. */
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
      description = "A file .safetensors or .npz, or a model: <name>/<version>/.")
  Path source;

  @Parameters(
      index = "1",
      paramLabel = "TARGET",
      description = "The model to write: <name>/<version>, which must not be there yet.")
  Path target;

  @Option(
      names = "--family",
      paramLabel = "NAME",
      description = "Its family, if neither SOURCE nor --config says it.")
  String family;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "Settings as an object of JSON; they are added to those of SOURCE.")
  Path file;

  @Option(
      names = "--set",
      paramLabel = "NAME=VALUE",
      description =
          "One setting, over --config; VALUE is JSON or else text. May be given several times.")
  List<String> set = List.of();

  @Option(
      names = "--skip",
      paramLabel = "TENSOR",
      description =
          "A tensor to leave out, or with * at its end all that begin so, such as 'opt/*'. May be"
              + " given several times.")
  List<String> skip = List.of();

  @Option(
      names = "--strip",
      paramLabel = "PREFIX",
      description = "What to take off the beginning of every name, such as module.")
  String strip;

  @Option(
      names = "--as",
      paramLabel = "VARIANT",
      description =
          "Write the model as another code has it: rse's variant torch-b as tf (network heavy), or"
              + " tf as torch-b.")
  String variant;

  @Option(
      names = "--dtype",
      paramLabel = "TYPE",
      defaultValue = "F32",
      description =
          "What floating-point numbers are rounded to: ${COMPLETION-CANDIDATES} (default:"
              + " ${DEFAULT-VALUE}).")
  Type type;

  @Option(
      names = "--to",
      paramLabel = "FORMAT",
      defaultValue = "SAFETENSORS",
      description = "File of the weights: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
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
      note(conversion.variant(variant), "that VARIANT does not use were left out", "");
    }
    if (type.type != null) {
      conversion.round(type.type);
    }
    Conversion.Result result = conversion.write(target, format == Format.NPZ);
    out.printf(
        Locale.ROOT, "%s: %d tensors, %,d numbers%n", target, result.tensors(), result.numbers());
    note(
        result.unread(),
        "that this model does not read came along",
        "; are the settings right? --skip leaves a tensor out");
    out.flush();
    return 0;
  }

  private void note(List<String> tensors, String what, String hint) {
    if (!tensors.isEmpty()) {
      String more = tensors.size() > NAMED ? ", ..." : "";
      spec.commandLine()
          .getOut()
          .printf(
              "note: %d tensors %s: %s%s%s%n",
              tensors.size(),
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
          "Say with --family what "
              + this.source
              + " is: one of "
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
