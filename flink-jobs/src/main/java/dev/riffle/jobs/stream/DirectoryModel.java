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
 * A model of any family, from its directory.
 *
 * @param directory as the TaskManagers see it
 * @param backend what computes
 * @param answers what it has to answer with
 * @param windows how a sequence is cut, for a model of whole windows; null for one that goes step
 *     by step
 */
public record DirectoryModel<O>(
    String directory, String backend, Class<O> answers, WindowOptions windows)
    implements ModelSource<O> {
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
              ? Families.load(model, kernels, answers)
              : Families.load(model, kernels, answers, windows);
        });
  }

  /**
   * Loads a model.
   *
   * @throws SuppressRestartsException around the reason if it cannot be used: another attempt would
   *     end as this one
   */
  public static <O> StreamModel<O> orGiveUp(Supplier<StreamModel<O>> loader) {
    try {
      return loader.get();
    } catch (ModelException | IllegalArgumentException | IllegalStateException e) {
      throw new SuppressRestartsException(e);
    }
  }
}
