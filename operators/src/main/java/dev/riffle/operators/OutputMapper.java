package dev.riffle.operators;

import java.io.Serializable;
import java.util.Optional;

/**
 * Turns predictions into output records. Each task has its own copy, which it calls on one thread.
 *
 * @param <O> value of a prediction
 */
public interface OutputMapper<O> extends Serializable {

  /**
   * The record for the final topic; empty for none. The record depends on the input only, never on
   * a clock: after a failure it is computed again and must have the same bytes.
   */
  Optional<OutputRecord> toFinal(EmittedPrediction<O> emitted);

  /**
   * Steps of a sequence.
   *
   * @param from position of the first one
   * @param to position after the last one
   */
  record Steps(long from, long to) {}

  /**
   * The steps that a prediction covers, for models that predict for each step or window. The
   * operator does not emit a prediction that covers only filled steps. Empty for a prediction about
   * what was found in the steps, such as a note: such a prediction is always emitted.
   */
  default Optional<Steps> covered(EmittedPrediction<O> emitted) {
    return Optional.empty();
  }

  /** The record for the preview topic, which may contain latencies; empty for none. */
  Optional<OutputRecord> toPreview(EmittedPrediction<O> emitted);
}
