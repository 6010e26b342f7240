/**
 * The linear recurrent unit of Orvieto et al., "Resurrecting Recurrent Neural Networks for Long
 * Sequences" (ICML 2023, <a href="https://arxiv.org/abs/2303.06349">arXiv 2303.06349</a>), with
 * layers and names as in minimal-LRU.
 *
 * <pre>
 *   x_t -> encoder -> LruLayer -> ... -> LruLayer -> pooling -> decoder -> log softmax
 *                      state h_t          state h_t   count, sum
 * </pre>
 *
 * <p>{@link dev.riffle.models.lru.LruLayer} serves on its own, too: it carries any model whose
 * memory is an LRU.
 */
package dev.riffle.models.lru;
