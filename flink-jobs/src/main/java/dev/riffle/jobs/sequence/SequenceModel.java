package dev.riffle.jobs.sequence;

import dev.riffle.jobs.stream.DirectoryModel;
import dev.riffle.models.Answers;
import dev.riffle.models.Scores;
import dev.riffle.models.StreamModel;
import dev.riffle.operators.ModelSource;

/**
 * A model that answers with scores.
 *
 * @param directory where it is
 * @param answers which of a record's answers are told
 */
record SequenceModel(DirectoryModel<Scores> directory, Answers answers)
    implements ModelSource<Scores> {
  @Override
  public String key() {
    return directory.key() + " " + answers;
  }

  @Override
  public StreamModel<Scores> load() {
    StreamModel<Scores> model = directory.load();
    return answers == Answers.LAST_STEP ? new LastStepModel<>(model) : model;
  }
}
