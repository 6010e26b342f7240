/**
 * Weights as files and as a model asks for them.
 *
 * <pre>
 *   bytes -> Safetensors   every length, offset and name checked; nothing about models
 *          (Npz)                numpy's .npz, every array checked likewise and turned into the same view
 *               |
 *            Weights       require(name, shape): what a model needs, or an error that says what is
 *                          there instead
 * </pre>
 *
 * <p>The format: <a href="https://github.com/huggingface/safetensors">safetensors</a>, eight bytes
 * of header length, a JSON header, the data. The other: <a
 * href="https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html">npy</a> in a zip.
 */
package dev.riffle.models.weights;
