package dev.riffle.models.golden;

import dev.riffle.kernels.Kernels;
import dev.riffle.kernels.Precision;
import dev.riffle.models.ModelException;
import dev.riffle.models.Settings;
import dev.riffle.models.weights.Safetensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A golden file: tensors of a recorded run. Most bring their own weights and describe themselves in
 * the {@code case} of their metadata; one without belongs to the model directory whose folder
 * {@code golden} it lies in.
 *
 * @param file where it is
 * @param family whose check reads it
 * @param settings the {@code case}, or the model's {@code config.json}
 * @param tensors all of them
 */
public record GoldenCase(Path file, String family, Settings settings, Safetensors tensors) {
  /** How close a backend of 64-bit numbers has to come to a value recorded in 64 bits. */
  public static final double EXACT = 1e-8;

  /**
   * Reads a golden file.
   *
   * @throws ModelException if it is malformed or neither describes itself nor lies in a model's
   *     folder
   */
  public static GoldenCase read(Path file) {
    Safetensors tensors = Safetensors.read(file);
    String described = tensors.metadata().get("case");
    Settings settings =
        described != null
            ? Settings.parse(described, file + " (metadata 'case')")
            : configBeside(file);
    return new GoldenCase(file, settings.text("family"), settings, tensors);
  }

  private static Settings configBeside(Path file) {
    Path config = file.toAbsolutePath().getParent().resolveSibling("config.json");
    try {
      return Settings.parse(Files.readString(config), config.toString());
    } catch (IOException e) {
      throw new ModelException(
          file
              + " has no 'case' in its metadata, and no model directory is around it: cannot read "
              + config
              + ". A golden either describes itself or lies in <model>/<version>/golden/.",
          e);
    }
  }

  /**
   * Allowed deviation, absolute and relative, from a value recorded in 64 bits: {@link #EXACT}
   * where the backend holds 64 bits, else the recorded one.
   *
   * @param recorded name of the tolerance in the case, such as {@code atol}
   */
  public double tolerance(Kernels kernels, String recorded) {
    return kernels.precision() == Precision.FLOAT64 ? EXACT : tolerance(recorded);
  }

  /** A number of the case's {@code tolerance}. */
  public double tolerance(String recorded) {
    return settings.under("tolerance").number(recorded);
  }
}
