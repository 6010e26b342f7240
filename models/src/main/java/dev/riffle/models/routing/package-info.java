/**
 * The Routing Transformer of Roy et al., "Efficient Content-Based Sparse Attention with Routing
 * Transformers" (TACL 2021, <a href="https://arxiv.org/abs/2003.05997">arXiv 2003.05997</a>), with
 * layers and names as in lucidrains/routing-transformer 1.6.1: encoder and language model.
 *
 * <pre>
 *   tokens -> embedding -> LayerStack of Sublayers ----------------------------> norm -> logits
 *                          x + part(shift(norm(x)))
 *                               part: Attention = LocalHeads, RoutedHeads
 *                                   | FeedForward | ProductKeyMemory
 * </pre>
 *
 * <p>A whole window goes in and a whole window comes out. There is no streaming form: a cluster
 * takes the tokens that lie nearest to its mean of all the window's tokens, so that one more token
 * may change the predictions of earlier ones, in a causal model too, as soon as the window is
 * longer than {@code window_size}.
 */
package dev.riffle.models.routing;
