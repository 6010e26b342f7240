/**
 * Model files and their weights.
 *
 * <pre>
 *   model.safetensors -> SafetensorsHeader -> Safetensors    named tensors, checked
 *   model.npz -> Npz -> Npy per array ---------^             read into the same view
 *                                               |
 *   config.json, provenance.json             Weights         require(name, shape), or an error that
 *             |                                 |            names what the file contains instead
 *             +--------> ModelDirectory <-------+            name, version, family, fingerprint
 * </pre>
 *
 * <p>The format: <a href="https://github.com/huggingface/safetensors">safetensors</a>, eight bytes
 * of header length, a JSON header, the data. The format of numpy: <a
 * href="https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html">npy</a> in a zip.
 */
package dev.riffle.models.weights;
