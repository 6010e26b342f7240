package dev.riffle.models.families;

import dev.riffle.kernels.Kernels;
import dev.riffle.models.Description;
import dev.riffle.models.StreamModel;
import dev.riffle.models.WindowModel;
import dev.riffle.models.golden.GoldenCase;
import dev.riffle.models.golden.GoldenReport;
import dev.riffle.models.weights.ModelDirectory;

/**
 * One line of the table.
 *
 * @param name the family's name in {@code config.json} and in goldens
 * @param answers what its models answer
 * @param steps makes a model that goes step by step
 * @param windows makes a model of whole windows
 * @param describer says what a model of a directory costs and sees
 * @param check holds it against a golden
 */
public record Family<O>(
    String name,
    Class<O> answers,
    Loader<StreamModel<O>> steps,
    Loader<WindowModel> windows,
    Describer describer,
    Check check) {

  /** Makes a model of a directory that has been read and checked. */
  @FunctionalInterface
  public interface Loader<M> {
    /**
     * @return null if the model of this directory has no such form
     * @throws dev.riffle.models.ModelException if weights or settings are missing or do not fit
     */
    M load(ModelDirectory directory, Kernels kernels);
  }

  /** Says what a model costs and sees, having read all of its weights. */
  @FunctionalInterface
  public interface Describer {
    /**
     * @param length steps to count the work of; 0 for one step, or the window that the model is
     *     made for
     * @throws dev.riffle.models.ModelException if weights or settings are missing or do not fit
     * @throws dev.riffle.models.InputException if no window may have this length
     */
    Description describe(ModelDirectory directory, Kernels kernels, int length);
  }

  /** Runs a golden's input and compares what comes with what was recorded. */
  @FunctionalInterface
  public interface Check {
    void run(GoldenCase golden, Kernels kernels, GoldenReport report);
  }
}
