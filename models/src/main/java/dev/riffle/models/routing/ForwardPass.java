package dev.riffle.models.routing;

import dev.riffle.kernels.Tensor;
import dev.riffle.models.Scratch;

/**
 * What the parts of a model see of one batch on its way.
 *
 * @param rows where its rows are
 * @param context rows of another sequence to attend to, {@code [contextRows.rows(), dim]}; null for
 *     none
 * @param contextRows where they are; null for none
 * @param work work memory of the thread
 */
record ForwardPass(
    PaddedSequences rows, Tensor context, PaddedSequences contextRows, Scratch work) {}
