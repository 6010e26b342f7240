package dev.riffle.models.families;

import dev.riffle.models.StreamModel;
import dev.riffle.models.WindowModel;

/**
 * A model that a {@link Family} has loaded, in one of the two forms.
 *
 * @param <O> type of the predicted values
 */
public sealed interface LoadedModel<O> {
  /** A model that reads step by step. */
  record Steps<O>(StreamModel<O> model) implements LoadedModel<O> {}

  /** A model that reads windows; {@link dev.riffle.models.WindowStreamModel} cuts the stream. */
  record Windows<O>(WindowModel model) implements LoadedModel<O> {}
}
