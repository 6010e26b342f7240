package dev.riffle.models.golden;

import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.Precision;
import dev.riffle.models.ModelException;
import dev.riffle.models.Settings;
import dev.riffle.models.weights.ModelDirectory;
import dev.riffle.models.weights.Safetensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * A golden file: the tensors of a recorded run. Most goldens contain their weights and describe
 * themselves in the metadata {@code case}. A golden without a {@code case} belongs to a model
 * directory: the given one, or the directory above its folder ({@code
 * <model>/golden/x.safetensors}), or {@code model} next to its folder.
 *
 * @param file path of the golden
 * @param family the family that checks it
 * @param settings the {@code case}, or the {@code config.json} of the model
 * @param tensors all tensors of the file
 * @param model directory of the model; empty if the golden contains its weights
 */
public record GoldenCase(
    Path file, String family, Settings settings, Safetensors tensors, Optional<Path> model) {
  private static final String CONFIG = "config.json";

  /** Allowed deviation of a 64-bit backend from a value recorded in 64 bits. */
  public static final double EXACT = 1e-8;

  /**
   * Reads a golden file. If it belongs to a model, the model is searched around the file.
   *
   * @throws ModelException if the file is malformed, or has neither a {@code case} nor a model
   */
  public static GoldenCase read(Path file) {
    return read(file, Optional.empty());
  }

  /**
   * Reads a golden file.
   *
   * @param model directory of the model, for a golden without a {@code case}
   * @throws ModelException if the file is malformed
   */
  public static GoldenCase read(Path file, Path model) {
    return read(file, Optional.of(model));
  }

  private static GoldenCase read(Path file, Optional<Path> model) {
    Safetensors tensors = Safetensors.read(file);
    String described = tensors.metadata().get("case");
    if (described != null) {
      Settings settings = Settings.parse(described, file + " (metadata 'case')");
      return new GoldenCase(file, settings.text("family"), settings, tensors, Optional.empty());
    }
    Path directory = model.orElseGet(() -> modelAround(file));
    Path config = directory.resolve(CONFIG);
    try {
      Settings settings = Settings.parse(Files.readString(config), config.toString());
      return new GoldenCase(
          file, settings.text("family"), settings, tensors, Optional.of(directory));
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
        String.format(
            "%s has no 'case' in its metadata, so it belongs to a model, but neither %s nor %s"
                + " contains a %s. Name the directory of the model.",
            file, around, beside, CONFIG));
  }

  /**
   * Reads the model directory that this golden belongs to.
   *
   * @throws ModelException if the golden contains its weights, or the directory cannot be read
   */
  public ModelDirectory modelDirectory() {
    return ModelDirectory.readForGoldens(
        model.orElseThrow(
            () ->
                new ModelException(
                    file + " contains its weights; the family " + family + " expects a model.")));
  }

  /** Returns the names of all tensors that are not weights. */
  public Set<String> recorded() {
    Set<String> names = new TreeSet<>(tensors.names());
    if (model.isEmpty()) {
      names.retainAll(settings.texts("io_tensors"));
    }
    return names;
  }

  /** Returns a number of the {@code tolerance} of the case, such as {@code atol}. */
  public double tolerance(String name) {
    return settings.under("tolerance").number(name);
  }

  /**
   * Returns the allowed deviation from a value that was recorded in 64 bits.
   *
   * @param otherwise the deviation for a backend of less than 64 bits; else it is {@link #EXACT}
   */
  public static double limit(Kernels kernels, double otherwise) {
    return kernels.precision() == Precision.FLOAT64 ? EXACT : otherwise;
  }
}
