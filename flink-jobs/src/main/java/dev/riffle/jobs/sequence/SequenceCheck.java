package dev.riffle.jobs.sequence;

import dev.riffle.jobs.sequence.Diagnostic.Advice;
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
import java.util.Optional;

/** Checks windows and fields of a generic job against its model. */
final class SequenceCheck {
  private final SequenceSettings settings;
  private final YamlValues values;

  SequenceCheck(SequenceSettings settings, YamlValues values) {
    this.settings = settings;
    this.values = values;
  }

  /**
   * Loads the model and reports what does not fit.
   *
   * @return false if no model can be made of the settings
   * @throws ModelException if the model cannot be loaded
   */
  boolean check(ModelDirectory directory, Kernels kernels) {
    Family<?> family = Families.find(directory.family(), "Model " + directory.label());
    boolean windowed =
        family.predictionType() == PredictionValues.class
            && family.form(directory.config()) == Form.WINDOWS;
    if (windowed
        && Device.call(kernels, () -> family.load(directory, kernels))
            instanceof LoadedModel.Windows<?> loaded) {
      return checkWindows(directory, loaded.model());
    }
    checkSteps(directory, kernels);
    return true;
  }

  private boolean checkWindows(ModelDirectory directory, WindowModel windowed) {
    Optional<StreamModel<PredictionValues>> model = windows(directory, windowed);
    checkInput(model, windowed.tokens());
    return model.isPresent();
  }

  private void checkSteps(ModelDirectory directory, Kernels kernels) {
    StreamModel<PredictionValues> model = Families.load(directory, kernels, PredictionValues.class);
    if (values.has(JobKey.WINDOW)) {
      values.report(
          JobKey.WINDOW,
          "a window",
          "no window: " + directory.label() + " predicts after each step",
          Advice.hint("Remove it, or name a model that reads windows."));
    }
    checkInput(Optional.of(model), 0);
  }

  private Optional<StreamModel<PredictionValues>> windows(
      ModelDirectory directory, WindowModel windowed) {
    if (settings.windows().isEmpty()) {
      if (!values.has(JobKey.WINDOW)) {
        values
            .tree()
            .reportMissing(
                JobKey.WINDOW_LENGTH.path(),
                "the steps per window, as " + directory.label() + " reads windows");
      }
      return Optional.empty();
    }
    WindowOptions windows = settings.windows().get();
    try {
      return Optional.of(new WindowStreamModel(directory.info(), windowed, windows));
    } catch (ModelException e) {
      values.report(
          JobKey.WINDOW_LENGTH,
          "" + windows.length(),
          "a length that the model can read",
          Advice.hint(e.getMessage()));
      return Optional.empty();
    }
  }

  /**
   * @param model empty if only the kind of its steps is known
   * @param tokens size of its vocabulary; 0 for features
   */
  private void checkInput(Optional<StreamModel<PredictionValues>> model, int tokens) {
    if (settings.fields().isEmpty()) {
      return;
    }
    EventFields fields = settings.fields().get();
    if (tokens > 0 && fields.token() == null) {
      String expected = "fields.token: the model reads tokens from 0 to " + (tokens - 1);
      values.report(JobKey.FEATURES, "features", expected);
    } else if (tokens == 0 && fields.token() != null) {
      String expected = "fields.features: the model reads values, not tokens";
      values.report(JobKey.TOKEN, fields.token(), expected);
    } else if (fields.alphabet() != null && fields.alphabet().letters().length() > tokens) {
      values.report(
          JobKey.ALPHABET_LETTERS,
          fields.alphabet().letters(),
          "at most " + tokens + " letters, one for each token of the model");
    } else if (model.isPresent() && fields.width() != EventFields.INVALID_WIDTH) {
      checkWidth(fields, model.get());
    }
  }

  private void checkWidth(EventFields fields, StreamModel<PredictionValues> model) {
    try {
      model.check(new Format(0, fields.stepWidth()));
    } catch (InputException e) {
      boolean array = fields.width() > 0;
      JobKey key = array ? JobKey.FEATURES_WIDTH : JobKey.FEATURES;
      String found = array ? "" + fields.width() : fields.features().size() + " fields";
      values.report(key, found, "as many values as the model reads", Advice.hint(e.getMessage()));
    }
  }
}
