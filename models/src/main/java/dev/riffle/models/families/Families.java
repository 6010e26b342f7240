package dev.riffle.models.families;

import dev.riffle.kernels.Device;
import dev.riffle.kernels.Kernels;
import dev.riffle.models.Description;
import dev.riffle.models.ModelException;
import dev.riffle.models.PredictionValues;
import dev.riffle.models.StreamModel;
import dev.riffle.models.WindowModel;
import dev.riffle.models.WindowOptions;
import dev.riffle.models.WindowStreamModel;
import dev.riffle.models.golden.GoldenCase;
import dev.riffle.models.golden.GoldenReport;
import dev.riffle.models.golden.GoldenResult;
import dev.riffle.models.weights.ModelDirectory;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * All families on the class path. Models are loaded, described and checked on the thread of the
 * backend's device, if the backend has one.
 */
public final class Families {
  private static final Map<String, Family<?>> ALL = discover();

  private Families() {}

  private static Map<String, Family<?>> discover() {
    Map<String, Family<?>> found = new TreeMap<>();
    for (Family<?> family : ServiceLoader.load(Family.class, Families.class.getClassLoader())) {
      Family<?> other = found.put(family.name(), family);
      if (other != null) {
        throw new IllegalStateException(
            String.format(
                "The family '%s' is registered twice, by %s and %s; remove one from"
                    + " META-INF/services.",
                family.name(), other.getClass().getName(), family.getClass().getName()));
      }
    }
    return found;
  }

  /** Returns the names of all families, sorted. */
  public static List<String> names() {
    return List.copyOf(ALL.keySet());
  }

  /**
   * Returns the family of this name.
   *
   * @param where what names it, for the message
   * @throws ModelException if no such family is registered
   */
  public static Family<?> find(String name, String where) {
    Family<?> family = ALL.get(name);
    if (family == null) {
      throw unknown(name, where);
    }
    return family;
  }

  private static ModelException unknown(String name, String where) {
    return new ModelException(
        String.format(
            "%s belongs to the family '%s', which is not on the class path; expected one of %s.",
            where, name, names()));
  }

  /**
   * Loads a model that reads step by step.
   *
   * @param type expected type of the predicted values
   * @throws ModelException if the family predicts values of another type, if the model reads
   *     windows, or if it cannot be loaded
   */
  public static <O> StreamModel<O> load(ModelDirectory directory, Kernels kernels, Class<O> type) {
    Family<O> family = find(directory, type);
    if (family.form(directory.config()) == Form.WINDOWS) {
      throw new ModelException(
          describe(directory)
              + "reads windows: each prediction depends on a whole window. Set the window length"
              + " (and the stride), or use a model that reads step by step.");
    }
    return loadOnDevice(kernels, () -> steps(family, directory, kernels));
  }

  /**
   * Loads a model that reads windows.
   *
   * @param type expected type of the predicted values
   * @param windows how the stream is cut into windows
   * @throws ModelException if the family predicts values of another type, if the model reads step
   *     by step, or if it cannot be loaded
   */
  public static <O> StreamModel<O> load(
      ModelDirectory directory, Kernels kernels, Class<O> type, WindowOptions windows) {
    Family<O> family = find(directory, type);
    if (family.form(directory.config()) == Form.STEPS) {
      throw new ModelException(
          describe(directory)
              + "predicts after each step and reads no windows: remove the window of "
              + windows.length()
              + " steps, or use a model that reads windows.");
    }
    return loadOnDevice(kernels, () -> windowed(family, directory, kernels, windows));
  }

  @SuppressWarnings("unchecked") // guarded by predictionType
  private static <O> Family<O> find(ModelDirectory directory, Class<O> type) {
    Family<?> family = find(directory.family(), "Model " + directory.label());
    if (family.predictionType() != type) {
      throw new ModelException(
          String.format(
              "%spredicts %s, but %s is expected here.",
              describe(directory), family.predictionType().getSimpleName(), type.getSimpleName()));
    }
    return (Family<O>) family;
  }

  private static String describe(ModelDirectory directory) {
    return String.format("Model %s of the family '%s' ", directory.label(), directory.family());
  }

  private static <O> StreamModel<O> steps(
      Family<O> family, ModelDirectory directory, Kernels kernels) {
    if (family.load(directory, kernels) instanceof LoadedModel.Steps<O> loaded) {
      return loaded.model();
    }
    throw new IllegalStateException(describe(directory) + "has not the form that it names");
  }

  @SuppressWarnings("unchecked") // windows predict PredictionValues, and so does this family
  private static <O> StreamModel<O> windowed(
      Family<O> family, ModelDirectory directory, Kernels kernels, WindowOptions windows) {
    if (family.load(directory, kernels) instanceof LoadedModel.Windows<O> loaded) {
      return (StreamModel<O>) stream(directory, loaded.model(), windows);
    }
    throw new IllegalStateException(describe(directory) + "has not the form that it names");
  }

  private static StreamModel<PredictionValues> stream(
      ModelDirectory directory, WindowModel model, WindowOptions windows) {
    return new WindowStreamModel(directory.info(), model, windows);
  }

  /**
   * Loads a model on the thread of the backend's device, and wraps it so that it computes there.
   * Without a device, it is the loader's model itself.
   */
  public static <O> StreamModel<O> loadOnDevice(Kernels kernels, Supplier<StreamModel<O>> loader) {
    StreamModel<O> model = Device.call(kernels, loader);
    return kernels
        .device()
        .<StreamModel<O>>map(device -> new DeviceModel<>(model, device))
        .orElse(model);
  }

  /**
   * Describes the cost and the receptive field of a directory's model.
   *
   * @param length number of steps whose cost is counted; 0 for one step, or for the window length
   *     that the model was trained with
   */
  public static Description describe(ModelDirectory directory, Kernels kernels, int length) {
    Family<?> family = find(directory.family(), "Model " + directory.label());
    return Device.call(kernels, () -> family.describe(directory, kernels, length));
  }

  /** Checks a backend against a golden. Its model, if it has one, is searched around the file. */
  public static GoldenResult check(Path golden, Kernels kernels) {
    return check(GoldenCase.read(golden), kernels);
  }

  /**
   * Checks a backend against a golden.
   *
   * @param model directory of the model, for a golden that does not contain its weights
   */
  public static GoldenResult check(Path golden, Path model, Kernels kernels) {
    return check(GoldenCase.read(golden, model), kernels);
  }

  private static GoldenResult check(GoldenCase golden, Kernels kernels) {
    Family<?> family = ofGolden(golden);
    return Device.call(
        kernels,
        () -> {
          GoldenReport report = new GoldenReport();
          family.check(golden, kernels, report);
          return report.result(golden, kernels);
        });
  }

  /**
   * Returns the family that checks a golden.
   *
   * @throws ModelException if no family does
   */
  public static Family<?> ofGolden(GoldenCase golden) {
    return ALL.values().stream()
        .filter(family -> family.checksGoldensOf(golden.family()))
        .findFirst()
        .orElseThrow(() -> unknown(golden.family(), "Golden " + golden.file()));
  }
}
