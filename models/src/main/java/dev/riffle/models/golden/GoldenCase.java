package dev.riffle.models.golden;

import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.Precision;
import dev.riffle.models.ModelException;
import dev.riffle.models.Settings;
import dev.riffle.models.weights.Safetensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;

/**
 * A golden file: tensors of a recorded run. Most bring their own weights and describe themselves in
 * the {@code case} of their metadata; one without belongs to a model directory: the one that is
 * named, else the one around its folder ({@code <model>/golden/x.safetensors}), else {@code model}
 * beside its folder.
 *
 * @param file where it is
 * @param family whose check reads it
 * @param settings the {@code case}, or the model's {@code config.json}
 * @param tensors all of them
 * @param model directory of the model it belongs to; null if it brings its own weights
 */
public record GoldenCase(
    Path file, String family, Settings settings, Safetensors tensors, Path model) {
  private static final String CONFIG = "config.json";

  /** How close a backend of 64-bit numbers has to come to a value recorded in 64 bits. */
  public static final double EXACT = 1e-8;

  /** Reads a golden file; its model, if it has one, is looked for around it. */
  public static GoldenCase read(Path file) {
    return read(file, null);
  }

  /**
   * Reads a golden file.
   *
   * @param model directory of the model that it belongs to if it does not describe itself; null to
   *     look around it
   * @throws ModelException if it is malformed, or neither describes itself nor has a model
   */
  public static GoldenCase read(Path file, Path model) {
    Safetensors tensors = Safetensors.read(file);
    String described = tensors.metadata().get("case");
    if (described != null) {
      Settings settings = Settings.parse(described, file + " (metadata 'case')");
      return new GoldenCase(file, settings.text("family"), settings, tensors, null);
    }
    Path directory = model != null ? model : modelAround(file);
    Path config = directory.resolve(CONFIG);
    try {
      Settings settings = Settings.parse(Files.readString(config), config.toString());
      return new GoldenCase(file, settings.text("family"), settings, tensors, directory);
    } catch (IOException e) {
      throw new ModelException(
          file + " belongs to a model, but " + config + " cannot be read: " + e, e);
    }
  }

  private static Path modelAround(Path file) {
    Path folder = file.toAbsolutePath().normalize().getParent();
    Path around = folder.resolve("..").normalize();
    Path beside = folder.resolve("../model").normalize();
    for (Path directory : new Path[] {around, beside}) {
      if (Files.exists(directory.resolve(CONFIG))) {
        return directory;
      }
    }
    throw new ModelException(
        file
            + " has no 'case' in its metadata, so it belongs to a model, but neither "
            + around
            + " nor "
            + beside
            + " holds a "
            + CONFIG
            + "; name the model's directory.");
  }

  /** Names of all tensors that are no weights. */
  public Set<String> recorded() {
    Set<String> names = new TreeSet<>(tensors.names());
    if (model == null) {
      names.retainAll(settings.texts("io_tensors"));
    }
    return names;
  }

  /** A number of the case's {@code tolerance}, such as {@code atol}. */
  public double tolerance(String name) {
    return settings.under("tolerance").number(name);
  }

  /**
   * Allowed deviation from a value that was recorded in 64 bits: {@link #EXACT} where the backend
   * holds 64 bits, else this one.
   */
  public static double limit(Kernels kernels, double otherwise) {
    return kernels.precision() == Precision.FLOAT64 ? EXACT : otherwise;
  }
}
