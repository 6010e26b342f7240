package dev.riffle.kernels;

import dev.riffle.kernels.Constants.Linear;

/**
 * A multi-layer perceptron with one hidden layer, see {@link FusedOperations#mlp}.
 *
 * @param norm of each row ahead of the first layer
 * @param first from {@code width} features to the hidden ones
 * @param activation of the hidden features
 * @param second from the hidden features to the output
 */
public record Mlp(RowNorm norm, Linear first, Activation activation, Linear second) {}
