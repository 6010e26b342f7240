package dev.riffle.operators;

import dev.riffle.models.StreamModel;
import java.io.Serializable;

/**
 * Where a task finds its model. The source is serialized with the job; the model is not.
 *
 * @param <O> value of a prediction
 */
public interface ModelSource<O> extends Serializable {
  /** Identity within the JVM: sources with equal keys share one loaded model. */
  String key();

  /** Loads the model; called once per JVM, job and key. */
  StreamModel<O> load();
}
