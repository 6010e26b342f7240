package dev.riffle.cli.model;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.riffle.kernels.Backends;
import dev.riffle.models.ModelException;
import dev.riffle.models.Settings;
import dev.riffle.models.families.ConvertedModel;
import dev.riffle.models.families.Families;
import dev.riffle.models.families.Family;
import dev.riffle.models.weights.ElementType;
import dev.riffle.models.weights.ModelDirectory;
import dev.riffle.models.weights.Npz;
import dev.riffle.models.weights.Safetensors;
import dev.riffle.models.weights.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * Converts weights from another place into a version of a model. Tensors can be renamed, left out,
 * rounded, or brought into the layout of another implementation. The model is loaded before
 * anything is written. The class is not thread-safe.
 */
final class Conversion {
  private static final JsonMapper JSON = new JsonMapper();
  private static final Pattern VERSION = Pattern.compile("[0-9A-Za-z][\\w.-]*");

  /** The result of a conversion; {@code unread} names the tensors that the model does not use. */
  record Result(int tensors, long numbers, List<String> unread) {}

  private final String kind;
  private final Map<String, String> files; // sha-256 by name; empty for a model directory
  private final Optional<Settings> provenance; // of a model directory
  private final List<String> changes = new ArrayList<>();
  private Safetensors tensors;
  private Settings config;

  private Conversion(
      String kind,
      Map<String, String> files,
      Optional<Settings> provenance,
      Safetensors tensors,
      Settings config) {
    this.kind = kind;
    this.files = files;
    this.provenance = provenance;
    this.tensors = tensors;
    this.config = config;
  }

  /**
   * Starts with a model directory, or with a file of weights. A file needs settings: see {@link
   * #configure}.
   *
   * @param source {@code <name>/<version>/}, or a file {@code .safetensors} or {@code .npz}
   * @throws ModelException if it cannot be read or is neither
   */
  static Conversion of(Path source) {
    String file = source.toString();
    if (Files.isDirectory(source)) {
      ModelDirectory model = ModelDirectory.read(source);
      return new Conversion(
          "model directory " + model.label(),
          Map.of(),
          Optional.of(model.provenance()),
          model.weights().file(),
          model.config());
    }
    boolean numpy = file.endsWith(".npz");
    if (!numpy && !file.endsWith(".safetensors")) {
      throw new ModelException(
          file
              + " is neither a model directory nor a file of weights (.safetensors or .npz). Import"
              + " checkpoints of PyTorch, flax and TensorFlow with training/import.");
    }
    Safetensors tensors = numpy ? Npz.read(source) : Safetensors.read(source);
    return new Conversion(
        numpy ? "npz file" : "safetensors file",
        Map.of(source.getFileName().toString(), ModelDirectory.sha256(source)),
        Optional.empty(),
        tensors,
        Settings.parse("{}", "the settings given"));
  }

  /** Returns the current settings. */
  Settings config() {
    return config;
  }

  /** Replaces the settings. */
  void configure(Settings settings) {
    if (provenance.isPresent() && !settings.toJson().equals(config.toJson())) {
      changes.add("settings");
    }
    config = settings;
  }

  /**
   * Removes tensors.
   *
   * @param name name of a tensor, or a prefix followed by {@code *}
   * @throws ModelException if no tensor has such a name
   */
  void skip(String name) {
    Predicate<String> skipped =
        name.endsWith("*")
            ? n -> n.startsWith(name.substring(0, name.length() - 1))
            : n -> n.equals(name);
    if (tensors.names().stream().noneMatch(skipped)) {
      throw tensors.missing(name);
    }
    SafetensorsWriter kept = new SafetensorsWriter();
    for (String tensor : tensors.names()) {
      if (!skipped.test(tensor)) {
        kept.copy(tensor, tensors, tensor);
      }
    }
    replaceTensors(kept, "without " + name);
  }

  /**
   * Removes a prefix from every name.
   *
   * @throws ModelException if a name does not begin with the prefix
   */
  void strip(String prefix) {
    SafetensorsWriter stripped = new SafetensorsWriter();
    for (String tensor : tensors.names()) {
      if (!tensor.startsWith(prefix)) {
        throw new ModelException(
            String.format(
                "%s: tensor '%s' does not begin with '%s'. Correct the prefix, or remove the tensor"
                    + " with --skip.",
                tensors.where(), tensor, prefix));
      }
      stripped.copy(tensor.substring(prefix.length()), tensors, tensor);
    }
    replaceTensors(stripped, "names without " + prefix);
  }

  /**
   * Converts the model to the layout of another implementation of the same function.
   *
   * @param variant name of the other code, see {@link Family#convert}
   * @return names of the tensors that are left out
   * @throws ModelException if there is no such implementation
   */
  List<String> variant(String variant) {
    ConvertedModel other =
        Families.find(config.text("family"), tensors.where()).convert(variant, config, tensors);
    changes.add("as variant " + variant + " of " + config.text("variant"));
    config = other.settings();
    tensors = other.weights();
    return other.unread();
  }

  /**
   * Rounds every floating-point tensor to this type.
   *
   * @throws ModelException if a number is out of the range of the type
   */
  void round(ElementType type) {
    SafetensorsWriter rounded = new SafetensorsWriter();
    int changed = 0;
    for (String name : tensors.names()) {
      if (!tensors.type(name).isReal() || tensors.type(name) == type) {
        rounded.copy(name, tensors, name);
      } else {
        rounded.add(name, type, tensors.doubles(name), tensors.shape(name));
        changed++;
      }
    }
    if (changed == 0) {
      return;
    }
    Safetensors before = tensors;
    replaceTensors(rounded, changed + " tensors to " + type);
    for (String name : tensors.names()) {
      double[] was = before.doubles(name);
      double[] is = tensors.doubles(name);
      for (int i = 0; i < was.length; i++) {
        if (Double.isInfinite(is[i]) && !Double.isInfinite(was[i])) {
          throw new ModelException(
              String.format(
                  "%s: tensor '%s' contains %s, which is out of the range of %s. Choose a wider type.",
                  before.where(), name, was[i], type));
        }
      }
    }
  }

  private void replaceTensors(SafetensorsWriter writer, String change) {
    tensors = Safetensors.parse(writer.toBytes(), tensors.where());
    changes.add(change);
  }

  /**
   * Loads the model, then writes it.
   *
   * @param target {@code <name>/<version>}, which must not exist
   * @param numpy true to write {@code model.npz} instead of {@code model.safetensors}
   * @throws ModelException if settings or tensors are missing or wrong, or the version exists
   */
  Result write(Path target, boolean numpy) {
    Path path = target.toAbsolutePath().normalize();
    if (path.getNameCount() < 2 || !VERSION.matcher(path.getFileName().toString()).matches()) {
      throw new ModelException(
          "'" + target + "' is not <name>/<version>, such as models/copier/1.");
    }
    if (Files.exists(path)) {
      throw new ModelException(
          target + " already exists. Versions are immutable; choose a new one.");
    }
    ModelDirectory draft = ModelDirectory.draft(path, config, tensors);
    Families.describe(draft, Backends.find("cpu"), 0);
    String provenanceJson = provenance(draft);
    if (numpy) {
      ModelDirectory.writeNpz(path, config.toJson(), NpzWriter.toBytes(tensors), provenanceJson);
    } else {
      SafetensorsWriter weights = new SafetensorsWriter();
      tensors.names().forEach(name -> weights.copy(name, tensors, name));
      ModelDirectory.write(path, config.toJson(), weights, provenanceJson);
    }
    return new Result(tensors.names().size(), draft.weights().count(), draft.weights().unread());
  }

  private String provenance(ModelDirectory draft) {
    ObjectNode written = JSON.createObjectNode();
    written.put("model", draft.name() + " " + draft.version());
    written.put("date", LocalDate.now(ZoneId.systemDefault()).toString());
    written.put("parameters", draft.weights().count());
    ObjectNode imported = written.putObject("imported").put("kind", kind);
    imported.set("changes", JSON.valueToTree(changes));
    if (provenance.isEmpty()) {
      imported.set("files", JSON.valueToTree(files));
    } else {
      try {
        imported.set("provenance", JSON.readTree(provenance.get().toJson()));
      } catch (IOException e) {
        throw new IllegalStateException("Settings are not valid JSON", e);
      }
    }
    return written.toString();
  }
}
