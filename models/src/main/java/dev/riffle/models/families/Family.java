package dev.riffle.models.families;

import dev.riffle.kernels.Kernels;
import dev.riffle.models.Description;
import dev.riffle.models.Settings;
import dev.riffle.models.golden.GoldenCase;
import dev.riffle.models.golden.GoldenReport;
import dev.riffle.models.weights.ModelDirectory;
import dev.riffle.models.weights.Safetensors;

/**
 * A model family: how its model directories are loaded and described, and how its goldens are
 * checked. An implementation has a public constructor without parameters and one line in {@code
 * META-INF/services/dev.riffle.models.families.Family} of its module; {@link Families} discovers
 * it.
 *
 * <p>{@link Families} calls every method that receives kernels on the thread of the backend's
 * device, if the backend has one. Implementations are immutable.
 *
 * @param <O> type of the values that the models of this family predict
 */
public interface Family<O> {
  /** The name in the field {@code family} of {@code config.json} and of goldens. */
  String name();

  /** Type of the values that the models of this family predict. */
  Class<O> predictionType();

  /**
   * How a model with these settings reads a sequence.
   *
   * @param config the model's {@code config.json}
   */
  Form form(Settings config);

  /**
   * Loads the model of a directory. A model of windows computes on {@link Kernels#forWindows}.
   *
   * @return a model of the form that {@link #form} returns for the directory's settings
   * @throws dev.riffle.models.ModelException if weights or settings are missing or do not fit, or
   *     if the model needs more than its directory
   */
  LoadedModel<O> load(ModelDirectory directory, Kernels kernels);

  /**
   * Describes the cost and the receptive field of a model. It reads all weights of the directory.
   *
   * @param length number of steps whose cost is counted; 0 for one step, or for the window length
   *     that the model was trained with
   * @throws dev.riffle.models.ModelException if weights or settings are missing or do not fit
   * @throws dev.riffle.models.InputException if the model cannot read a window of this length
   */
  Description describe(ModelDirectory directory, Kernels kernels, int length);

  /** Runs the input of a golden and compares the results with the recorded values. */
  void check(GoldenCase golden, Kernels kernels, GoldenReport report);

  /**
   * Whether this family checks goldens of this name: its own name, and those of its parts that have
   * goldens but no models.
   *
   * @param family the field {@code family} of a golden
   */
  default boolean checksGoldensOf(String family) {
    return family.equals(name());
  }

  /**
   * Writes a model under the names and settings of another code that computes the same function.
   *
   * @param variant name of the other code
   * @throws dev.riffle.models.ModelException if the family has no such variant, or the model cannot
   *     be written as one
   */
  default ConvertedModel convert(String variant, Settings config, Safetensors weights) {
    throw config.expected("rse, the only family with more than one variant,", "family");
  }
}
