package dev.riffle.models.families;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.riffle.kernels.Backends;
import dev.riffle.models.ModelException;
import dev.riffle.models.Settings;
import dev.riffle.models.weights.ElementType;
import dev.riffle.models.weights.ModelDirectory;
import dev.riffle.models.weights.Npz;
import dev.riffle.models.weights.Safetensors;
import dev.riffle.models.weights.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * Makes a version of a model from weights that are elsewhere: renamed, rounded, written as another
 * code has them. Nothing is written before the model has been loaded. Not for several threads.
 */
public final class Conversion {
  private static final JsonMapper JSON = new JsonMapper();
  private static final Pattern VERSION = Pattern.compile("[0-9A-Za-z][\\w.-]*");

  /** What came of it. */
  public record Result(int tensors, long numbers, List<String> unread) {}

  private final String kind;
  private final Map<String, String> files; // sha-256 by name; a directory's are in its provenance
  private final Settings provenance; // of the source; null if it has none
  private final List<String> changes = new ArrayList<>();
  private Safetensors tensors;
  private Settings config;

  private Conversion(
      String kind,
      Map<String, String> files,
      Settings provenance,
      Safetensors tensors,
      Settings config) {
    this.kind = kind;
    this.files = files;
    this.provenance = provenance;
    this.tensors = tensors;
    this.config = config;
  }

  /**
   * Begins with a model directory, or with a file of weights, whose settings are yet to be given.
   *
   * @param source {@code <name>/<version>/}, or a file {@code .safetensors} or {@code .npz}
   * @throws ModelException if it cannot be read or is neither
   */
  public static Conversion of(Path source) {
    String file = source.toString();
    if (Files.isDirectory(source)) {
      ModelDirectory model = ModelDirectory.read(source);
      return new Conversion(
          "model directory " + model.label(),
          Map.of(),
          model.provenance(),
          model.weights().file(),
          model.config());
    }
    boolean numpy = file.endsWith(".npz");
    if (!numpy && !file.endsWith(".safetensors")) {
      throw new ModelException(
          file
              + " is no model directory and no file of weights, .safetensors or .npz. Checkpoints of"
              + " PyTorch, flax and TensorFlow are imported by training/import.");
    }
    Safetensors tensors = numpy ? Npz.read(source) : Safetensors.read(source);
    return new Conversion(
        numpy ? "npz file" : "safetensors file",
        Map.of(source.getFileName().toString(), ModelDirectory.sha256(source)),
        null,
        tensors,
        Settings.parse("{}", "the settings given"));
  }

  /** The settings so far. */
  public Settings config() {
    return config;
  }

  /** Sets them. */
  public void configure(Settings settings) {
    if (provenance != null && !settings.toJson().equals(config.toJson())) {
      changes.add("settings");
    }
    config = settings;
  }

  /**
   * Leaves tensors out.
   *
   * @param name of a tensor, or a prefix of several names followed by {@code *}
   * @throws ModelException if no tensor is called so
   */
  public void skip(String name) {
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
    become(kept, "without " + name);
  }

  /**
   * Takes a prefix off every name.
   *
   * @throws ModelException if a name does not begin with it
   */
  public void strip(String prefix) {
    SafetensorsWriter stripped = new SafetensorsWriter();
    for (String tensor : tensors.names()) {
      if (!tensor.startsWith(prefix)) {
        throw new ModelException(
            String.format(
                "%s: tensor '%s' does not begin with '%s'; correct the prefix, or leave the tensor"
                    + " out with --skip.",
                tensors.where(), tensor, prefix));
      }
      stripped.copy(tensor.substring(prefix.length()), tensors, tensor);
    }
    become(stripped, "names without " + prefix);
  }

  /**
   * Writes the model as another code has it that computes the same function.
   *
   * @param variant name of the other code, see {@link Family#convert}
   * @return tensors that do not come along
   * @throws ModelException if there is no such code
   */
  public List<String> variant(String variant) {
    ConvertedModel other =
        Families.find(config.text("family"), tensors.where()).convert(variant, config, tensors);
    changes.add("as variant " + variant + " of " + config.text("variant"));
    config = other.settings();
    tensors = other.weights();
    return other.unread();
  }

  /**
   * Rounds every tensor of floating-point numbers to this type.
   *
   * @throws ModelException if a number is beyond its range
   */
  public void round(ElementType type) {
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
    become(rounded, changed + " tensors to " + type);
    for (String name : tensors.names()) {
      double[] was = before.doubles(name);
      double[] is = tensors.doubles(name);
      for (int i = 0; i < was.length; i++) {
        if (Double.isInfinite(is[i]) && !Double.isInfinite(was[i])) {
          throw new ModelException(
              String.format(
                  "%s: tensor '%s' holds %s, beyond the range of %s; choose a wider type.",
                  before.where(), name, was[i], type));
        }
      }
    }
  }

  private void become(SafetensorsWriter writer, String change) {
    tensors = Safetensors.parse(writer.toBytes(), tensors.where());
    changes.add(change);
  }

  /**
   * Loads the model and writes it.
   *
   * @param target {@code <name>/<version>}, which must not be there yet
   * @param numpy true for {@code model.npz} in place of {@code model.safetensors}
   * @throws ModelException if settings or tensors are missing or wrong, or the version is there
   */
  public Result write(Path target, boolean numpy) {
    Path path = target.toAbsolutePath().normalize();
    if (path.getNameCount() < 2 || !VERSION.matcher(path.getFileName().toString()).matches()) {
      throw new ModelException(
          "'" + target + "' is not <name>/<version>, such as models/copier/1.");
    }
    if (Files.exists(path)) {
      throw new ModelException(
          target + " is there already. A version is written once; choose a new one.");
    }
    ModelDirectory draft = ModelDirectory.draft(path, config, tensors);
    Families.describe(draft, Backends.find("cpu"), 0);
    String born = provenance(draft);
    if (numpy) {
      ModelDirectory.writeNpz(path, config.toJson(), tensors, born);
    } else {
      SafetensorsWriter weights = new SafetensorsWriter();
      tensors.names().forEach(name -> weights.copy(name, tensors, name));
      ModelDirectory.write(path, config.toJson(), weights, born);
    }
    return new Result(tensors.names().size(), draft.weights().count(), draft.weights().unread());
  }

  private String provenance(ModelDirectory draft) {
    ObjectNode born = JSON.createObjectNode();
    born.put("model", draft.name() + " " + draft.version());
    born.put("date", LocalDate.now().toString());
    born.put("parameters", draft.weights().count());
    ObjectNode imported = born.putObject("imported").put("kind", kind);
    imported.set("changes", JSON.valueToTree(changes));
    if (provenance == null) {
      imported.set("files", JSON.valueToTree(files));
    } else {
      try {
        imported.set("provenance", JSON.readTree(provenance.toJson()));
      } catch (IOException e) {
        throw new IllegalStateException("Settings wrote what is no JSON", e);
      }
    }
    return born.toString();
  }
}
