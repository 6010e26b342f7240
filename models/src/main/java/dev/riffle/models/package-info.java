/**
 * Networks, their weights and goldens, and the streaming and windowing of any model. This module
 * depends on kernels; it has no dependency on a product (music, dna), a stream processor or a
 * broker.
 *
 * <pre>
 *   ModelDirectory  config.json + model.safetensors + provenance.json, checked
 *        |
 *   StreamModel&lt;O&gt;  what one event of a sequence becomes: front end -> network -> head -> predictions O
 *        |            immutable, shared by all threads
 *   StreamRunner&lt;O&gt; the same with work memory: one per thread
 *        |
 *   BatchItem&lt;O&gt;    one key's part of a batch: state bytes, values in, predictions out
 * </pre>
 *
 * <p>A network that reads step by step is a {@link dev.riffle.models.RecurrentModel}: one {@code
 * advance} over a {@link dev.riffle.models.Block} of sequences, its memory in a {@link
 * dev.riffle.models.RecurrentState}, its work memory in a {@link dev.riffle.models.Scratch}. One
 * that reads whole windows is a {@link dev.riffle.models.WindowModel}: one {@code forward} over a
 * {@link dev.riffle.models.WindowBatch}, and no memory. {@link
 * dev.riffle.models.RecurrentStreamModel} and {@link dev.riffle.models.WindowStreamModel} make
 * stream models of them; {@link dev.riffle.models.WindowOptions} say how a sequence is cut. Which
 * families there are stands in {@code families.Families}, and nowhere else.
 */
package dev.riffle.models;
