/**
 * The Residual Shuffle-Exchange network of Draguns et al., "Residual Shuffle-Exchange Networks for
 * Fast Processing of Long Sequences" (AAAI 2021, <a href="https://arxiv.org/abs/2004.04662">arXiv
 * 2004.04662</a>), as its official code computes it, and as two PyTorch copies do.
 *
 * <pre>
 *   tokens  -> embedding                       -+
 *   samples -> strided convolutions             |-> SwitchUnit, shuffle, SwitchUnit, ... -> head
 *   [length, m] features                       -+    2 blocks (log2(length) - 1) + 1 units
 * </pre>
 *
 * <p>Every unit looks at pairs of neighbours of the whole window; between units the positions are
 * shuffled, so that each position meets each other one. There is no form of constant work per step:
 * the norm of the official unit reaches over the whole window.
 */
package dev.riffle.models.rse;
