package dev.riffle.models.routing;

import dev.riffle.kernels.Tensor;
import dev.riffle.models.Scratch;
import java.util.Optional;

/**
 * What the layers see of one batch.
 *
 * @param rows layout of the batch
 * @param context of a model that attends to other sequences
 * @param work work memory of the thread
 */
record ForwardPass(PaddedSequences rows, Optional<Context> context, Scratch work) {
  /**
   * Other sequences to attend to, one for each of the batch.
   *
   * @param features {@code [rows.rows(), dim]}
   * @param rows layout of the context
   */
  record Context(Tensor features, PaddedSequences rows) {}
}
