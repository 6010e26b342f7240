/**
 * Weights as files and as a model asks for them.
 *
 * <pre>
 *   bytes -> Safetensors   every length, offset and name checked; nothing about models
 *               |
 *            Weights       require(name, shape): what a model needs, or an error that says what is
 *                          there instead
 * </pre>
 *
 * <p>The format: <a href="https://github.com/huggingface/safetensors">safetensors</a>, eight bytes
 * of header length, a JSON header, the data.
 */
package dev.riffle.models.weights;
