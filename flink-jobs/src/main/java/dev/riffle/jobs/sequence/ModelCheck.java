package dev.riffle.jobs.sequence;

import dev.riffle.dna.annotator.Gene;
import dev.riffle.jobs.JobOptions;
import dev.riffle.kernels.Backends;
import dev.riffle.kernels.Device;
import dev.riffle.kernels.Kernels;
import dev.riffle.models.Format;
import dev.riffle.models.InputException;
import dev.riffle.models.ModelException;
import dev.riffle.models.PredictionValues;
import dev.riffle.models.StreamModel;
import dev.riffle.models.WindowModel;
import dev.riffle.models.WindowOptions;
import dev.riffle.models.WindowStreamModel;
import dev.riffle.models.families.Families;
import dev.riffle.models.families.Family;
import dev.riffle.models.families.Form;
import dev.riffle.models.families.LoadedModel;
import dev.riffle.models.weights.ModelDirectory;
import dev.riffle.models.weights.Suggestions;
import java.nio.file.Path;

/** Holds a job's file against the model that it names, which is loaded for it. */
final class ModelCheck {
  private final JobFile file;
  private final YamlTree tree;

  private ModelCheck(JobFile file) {
    this.file = file;
    this.tree = file.tree();
  }

  /**
   * Notes what does not fit.
   *
   * @return the model in a few words; null if it cannot be used
   */
  static String check(JobFile file) {
    return new ModelCheck(file).check();
  }

  private String check() {
    Kernels kernels = backend();
    ModelDirectory directory = directory();
    if (kernels == null || directory == null) {
      return null;
    }
    try {
      if (file.reads()) {
        Families.load(directory, kernels, Gene.class);
        return name(directory);
      }
      Family<?> family = Families.find(directory.family(), "Model " + directory.label());
      boolean windowed =
          family.predictionType() == PredictionValues.class
              && family.form(directory.config()) == Form.WINDOWS;
      if (windowed
          && Device.call(kernels, () -> family.load(directory, kernels))
              instanceof LoadedModel.Windows<?> loaded) {
        return checkWindows(directory, loaded.model());
      }
      return checkSteps(directory, kernels);
    } catch (ModelException e) {
      String expected = "a model that can be loaded";
      tree.note(JobKey.DIRECTORY.path(), directory.label(), expected, null, e.getMessage());
    }
    return null;
  }

  private Kernels backend() {
    String name = file.options().get(JobOptions.BACKEND);
    try {
      return Backends.find(name);
    } catch (IllegalArgumentException | IllegalStateException e) {
      String near = Suggestions.of(name, Backends.names()).orElse(null);
      tree.note(JobKey.BACKEND.path(), name, "a backend that works here", near, e.getMessage());
      return null;
    }
  }

  private ModelDirectory directory() {
    String path = file.options().optional(JobOptions.MODEL).orElse(null);
    try {
      return path == null ? null : ModelDirectory.read(Path.of(path));
    } catch (ModelException e) {
      String said = tree.text(JobKey.DIRECTORY);
      String found = said == null ? path : said;
      tree.note(JobKey.DIRECTORY.path(), found, "a model directory", null, e.getMessage());
      return null;
    }
  }

  private String checkSteps(ModelDirectory directory, Kernels kernels) {
    StreamModel<PredictionValues> model = Families.load(directory, kernels, PredictionValues.class);
    if (tree.has(JobKey.WINDOW)) {
      tree.note(
          JobKey.WINDOW.path(),
          "a window",
          "none: " + directory.label() + " answers after each step, whatever comes later",
          null,
          "Remove it, or name a model that reads windows.");
    }
    checkInput(model, 0);
    return name(directory);
  }

  private String checkWindows(ModelDirectory directory, WindowModel windowed) {
    StreamModel<PredictionValues> model = windows(directory, windowed);
    checkInput(model, windowed.tokens());
    return model == null ? null : name(directory);
  }

  private StreamModel<PredictionValues> windows(ModelDirectory directory, WindowModel windowed) {
    WindowOptions windows = file.windows();
    if (windows == null) {
      if (!tree.has(JobKey.WINDOW)) {
        tree.note(
            JobKey.WINDOW_LENGTH.path(),
            null,
            "how many steps a window has, as " + directory.label() + " reads whole windows",
            null,
            null);
      }
      return null;
    }
    try {
      return new WindowStreamModel(
          directory.name(),
          directory.version(),
          directory.family(),
          directory.fingerprint(),
          windowed,
          windows);
    } catch (ModelException e) {
      tree.note(
          JobKey.WINDOW_LENGTH.path(),
          "" + windows.length(),
          "a length that the model can read",
          null,
          e.getMessage());
      return null;
    }
  }

  /**
   * @param model null if only the kind of its steps is known
   * @param tokens how many it knows; 0 for features
   */
  private void checkInput(StreamModel<PredictionValues> model, int tokens) {
    EventFields fields = file.fields();
    if (fields == null) {
      return;
    }
    if (tokens > 0 && fields.token() == null) {
      tree.note(
          JobKey.FEATURES.path(),
          "features",
          "fields.token: the model reads tokens from 0 to " + (tokens - 1),
          null,
          null);
    } else if (tokens == 0 && fields.token() != null) {
      String expected = "fields.features: the model reads values, not tokens";
      tree.note(JobKey.TOKEN.path(), fields.token(), expected, null, null);
    } else if (fields.alphabet() != null && fields.alphabet().letters().length() > tokens) {
      tree.note(
          JobKey.ALPHABET_LETTERS.path(),
          fields.alphabet().letters(),
          "at most " + tokens + " letters, as many as the model knows tokens",
          null,
          null);
    } else if (model != null && fields.width() != JobFile.UNKNOWN) {
      checkWidth(fields, model);
    }
  }

  private void checkWidth(EventFields fields, StreamModel<PredictionValues> model) {
    try {
      model.check(new Format(0, fields.stepWidth()));
    } catch (InputException e) {
      boolean array = fields.width() > 0;
      JobKey key = array ? JobKey.FEATURES_WIDTH : JobKey.FEATURES;
      String found = array ? "" + fields.width() : fields.features().size() + " fields";
      tree.note(key.path(), found, "as many values as the model reads", null, e.getMessage());
    }
  }

  private static String name(ModelDirectory directory) {
    return directory.label() + " (" + directory.family() + ")";
  }
}
