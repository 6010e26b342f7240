/**
 * Models as networks, as streams use them, and as files. This module depends on kernels; it has no
 * dependency on a product (music, dna), a stream processor or a broker.
 *
 * <pre>
 *   ModelDirectory     config.json + model.safetensors + provenance.json, checked
 *        |
 *   Family             loads, describes and checks the models of one family
 *        |
 *   RecurrentModel     advance(steps of many sequences, state)    reads step by step
 *   WindowModel        forward(windows)                           reads whole windows
 *        |
 *   StreamModel&lt;O&gt;     values of a sequence -> predictions O; immutable, shared by all threads
 *        |
 *   StreamRunner&lt;O&gt;    computes batches of BatchItems with its own work memory, one per thread
 * </pre>
 *
 * <p>{@link dev.riffle.models.RecurrentStreamModel} and {@link dev.riffle.models.WindowStreamModel}
 * turn the two kinds of networks into stream models. {@link dev.riffle.models.WindowOptions} define
 * the windows of a sequence. A {@link dev.riffle.models.RecurrentState} holds the state of a batch
 * of sequences between calls, and a {@link dev.riffle.models.Scratch} the work memory of a thread.
 * Families register through {@code ServiceLoader}; {@code families.Families} finds them.
 */
package dev.riffle.models;
