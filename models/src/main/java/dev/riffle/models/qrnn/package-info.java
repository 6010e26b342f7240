/**
 * The quasi-recurrent network of Bradbury et al., "Quasi-Recurrent Neural Networks" (ICLR 2017, <a
 * href="https://arxiv.org/abs/1611.01576">arXiv 1611.01576</a>), with weights as the paper,
 * salesforce/pytorch-qrnn or lgirrbach/pytorch-qrnn have them.
 *
 * <pre>
 *   x_t -> QrnnLayer -> QrnnLayer -> ... -> h_t of the last
 *          c_t, the last k-1 inputs
 * </pre>
 *
 * <p>The three conventions meet in {@link dev.riffle.models.qrnn.QrnnWeights}; after it, only the
 * paper's exists.
 */
package dev.riffle.models.qrnn;
