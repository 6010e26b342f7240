package dev.riffle.jobs.sequence;

import dev.riffle.jobs.stream.DirectoryModel;
import dev.riffle.models.PredictAt;
import dev.riffle.models.PredictionValues;
import dev.riffle.models.StreamModel;
import dev.riffle.operators.ModelSource;

/**
 * A model that predicts values.
 *
 * @param directory where it is
 * @param answers after which steps of a record it predicts
 */
record SequenceModel(DirectoryModel<PredictionValues> directory, PredictAt answers)
    implements ModelSource<PredictionValues> {
  @Override
  public String key() {
    return directory.key() + " " + answers;
  }

  @Override
  public StreamModel<PredictionValues> load() {
    StreamModel<PredictionValues> model = directory.load();
    return answers == PredictAt.EVERY_STEP ? model : model.predictingAt(answers);
  }
}
