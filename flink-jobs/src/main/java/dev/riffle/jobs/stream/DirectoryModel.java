package dev.riffle.jobs.stream;

import dev.riffle.kernels.Backends;
import dev.riffle.kernels.Kernels;
import dev.riffle.models.ModelException;
import dev.riffle.models.StreamModel;
import dev.riffle.models.WindowOptions;
import dev.riffle.models.families.Families;
import dev.riffle.models.weights.ModelDirectory;
import dev.riffle.operators.ModelSource;
import java.nio.file.Path;
import java.util.function.Supplier;
import org.apache.flink.runtime.execution.SuppressRestartsException;

/**
 * A model of any family, loaded from its directory by each task.
 *
 * @param directory version directory, as the TaskManagers see it
 * @param backend computes
 * @param predictionType type of the predictions that the model has to produce
 * @param windows how sequences are cut into windows; null for a model that reads step by step
 */
public record DirectoryModel<O>(
    String directory, String backend, Class<O> predictionType, WindowOptions windows)
    implements ModelSource<O> {

  /** A model that reads step by step. */
  public static <O> DirectoryModel<O> ofSteps(
      String directory, String backend, Class<O> predictionType) {
    return new DirectoryModel<>(directory, backend, predictionType, null);
  }

  @Override
  public String key() {
    return backend + " " + windows + " " + Path.of(directory).toAbsolutePath().normalize();
  }

  @Override
  public StreamModel<O> load() {
    return orGiveUp(
        () -> {
          ModelDirectory model = ModelDirectory.read(Path.of(directory));
          Kernels kernels = Backends.find(backend);
          return windows == null
              ? Families.load(model, kernels, predictionType)
              : Families.load(model, kernels, predictionType, windows);
        });
  }

  /**
   * Loads a model.
   *
   * @throws SuppressRestartsException with the reason if the model cannot be used: a restart would
   *     fail in the same way
   */
  public static <O> StreamModel<O> orGiveUp(Supplier<StreamModel<O>> loader) {
    try {
      return loader.get();
    } catch (ModelException | IllegalArgumentException | IllegalStateException e) {
      throw new SuppressRestartsException(e);
    }
  }
}
