package dev.riffle.operators;

import dev.riffle.models.StreamModel;
import java.io.Serializable;

/**
 * Where a task finds its model; travels with the job, the model does not.
 *
 * @param <O> what the model answers
 */
public interface ModelSource<O> extends Serializable {
  /** Identity within the JVM: sources of equal keys share one loaded model. */
  String key();

  /** Loads the model; called once per JVM, job and key. */
  StreamModel<O> load();
}
