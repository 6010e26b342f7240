package dev.riffle.jobs.sequence;

import dev.riffle.jobs.stream.DirectoryModel;
import dev.riffle.models.PredictAt;
import dev.riffle.models.PredictionValues;
import dev.riffle.models.StreamModel;
import dev.riffle.operators.ModelSource;

/**
 * A model that answers with scores.
 *
 * @param directory where it is
 * @param answers which of a record's answers are told
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
    return answers == PredictAt.LAST_STEP ? new LastStepModel<>(model) : model;
  }
}
