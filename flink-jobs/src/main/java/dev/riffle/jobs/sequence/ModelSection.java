package dev.riffle.jobs.sequence;

import dev.riffle.jobs.sequence.Diagnostic.Advice;
import dev.riffle.models.PredictAt;
import dev.riffle.models.WindowOptions;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What the section {@code model} of a job file says about predictions.
 *
 * @param answers steps after which a recurrent model predicts
 * @param windows how sequences are cut; empty for a model that reads step by step
 */
record ModelSection(PredictAt answers, Optional<WindowOptions> windows) {

  static ModelSection read(YamlValues values) {
    String answers = values.choice(JobKey.ANSWERS, "every-step");
    if (values.has(JobKey.WINDOW) && values.has(JobKey.ANSWERS)) {
      values.report(
          JobKey.ANSWERS,
          answers,
          "no such key with model.window: the model defines for which steps a window predicts",
          Advice.hint("Remove it."));
    }
    return new ModelSection(
        answers.equals("last-step") ? PredictAt.LAST_STEP : PredictAt.EVERY_STEP,
        values.has(JobKey.WINDOW) ? windows(values) : Optional.empty());
  }

  private static Optional<WindowOptions> windows(YamlValues values) {
    OptionalInt length = values.count(JobKey.WINDOW_LENGTH, "the steps per window");
    OptionalInt stride = values.has(JobKey.WINDOW_STRIDE) ? stride(values) : length;
    return length.isPresent() && stride.isPresent()
        ? Optional.of(new WindowOptions(length.getAsInt(), stride.getAsInt()))
        : Optional.empty();
  }

  private static OptionalInt stride(YamlValues values) {
    JobKey key = JobKey.WINDOW_STRIDE;
    return values.text(key).filter(key.type().choices()::contains).isPresent()
        ? OptionalInt.of(WindowOptions.NONE)
        : values.count(key, "the steps from one window to the next");
  }
}
