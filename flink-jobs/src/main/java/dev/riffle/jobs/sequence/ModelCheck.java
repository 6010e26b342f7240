package dev.riffle.jobs.sequence;

import dev.riffle.jobs.JobDefinition;
import dev.riffle.jobs.options.JobOptions;
import dev.riffle.jobs.sequence.Diagnostic.Advice;
import dev.riffle.jobs.stream.ModelOptions;
import dev.riffle.kernels.Backends;
import dev.riffle.kernels.Kernels;
import dev.riffle.models.ModelException;
import dev.riffle.models.families.Families;
import dev.riffle.models.weights.ModelDirectory;
import dev.riffle.models.weights.Suggestions;
import java.nio.file.Path;
import java.util.Optional;

/** Loads the model of a job file and checks the file against it. */
final class ModelCheck {
  private final JobDefinition<?> definition;
  private final JobOptions options;
  private final YamlValues values;

  ModelCheck(JobDefinition<?> definition, JobOptions options, YamlValues values) {
    this.definition = definition;
    this.options = options;
    this.values = values;
  }

  /**
   * Reports what does not fit.
   *
   * @return name and family of the model; empty if it cannot be used
   */
  Optional<String> check() {
    Optional<Kernels> kernels = backend();
    Optional<ModelDirectory> directory = directory();
    if (kernels.isEmpty() || directory.isEmpty()) {
      return Optional.empty();
    }
    ModelDirectory found = directory.get();
    try {
      boolean fits =
          definition instanceof SequenceJob job
              ? new SequenceCheck(job.settings(), values).check(found, kernels.get())
              : loads(found, kernels.get());
      return fits ? Optional.of(found.label() + " (" + found.family() + ")") : Optional.empty();
    } catch (ModelException e) {
      values.report(
          JobKey.DIRECTORY,
          found.label(),
          "a model that can be loaded",
          Advice.hint(e.getMessage()));
      return Optional.empty();
    }
  }

  private boolean loads(ModelDirectory directory, Kernels kernels) {
    Families.load(directory, kernels, definition.predictionType());
    return true;
  }

  private Optional<Kernels> backend() {
    String name = options.get(ModelOptions.BACKEND);
    try {
      return Optional.of(Backends.find(name));
    } catch (IllegalArgumentException | IllegalStateException e) {
      values.report(
          JobKey.BACKEND,
          name,
          "an available backend",
          new Advice(Suggestions.of(name, Backends.names()), Optional.of(e.getMessage())));
      return Optional.empty();
    }
  }

  private Optional<ModelDirectory> directory() {
    Optional<String> path = options.optional(ModelOptions.MODEL);
    try {
      return path.map(Path::of).map(ModelDirectory::read);
    } catch (ModelException e) {
      String found = values.text(JobKey.DIRECTORY).orElseGet(path::orElseThrow);
      values.report(JobKey.DIRECTORY, found, "a model directory", Advice.hint(e.getMessage()));
      return Optional.empty();
    }
  }
}
