/**
 * ChordMixer of Khalitov et al., "ChordMixer: A Scalable Neural Attention Model for Sequences with
 * Different Lengths" (ICLR 2023, <a href="https://arxiv.org/abs/2206.05852">arXiv 2206.05852</a>),
 * with names as in the reference.
 *
 * <pre>
 *   x_t -> embedding -> block -> ... -> block -> mean over time -> decoder
 *                         |
 *   prenorm -> mlp -> rotate each track by 0, 1, 2, 4, ... steps -> + residual -> norm
 * </pre>
 *
 * <p>After log2 N blocks every position has seen all N, those ahead of it too and around the end:
 * the model reads whole windows and has no form that predicts step by step.
 */
package dev.riffle.models.chordmixer;
