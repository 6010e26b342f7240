/**
 * The streaming DNA annotator: bases in, genes out, in constant memory and work per base.
 *
 * <pre>
 *   bases -> Contig: the last letters
 *              |  a token of six reading frames per 30 bases
 *            Encoder: pairs of codons, looked up
 *            Network: (LRU layer, mix layer) x 2, head                     (over Kernels)
 *              |  a logit per frame, ten tokens later
 *            GeneCaller: sums, start and stop codons, StartHead, candidates, overlaps
 *              |
 *            Gene, growing and published
 * </pre>
 *
 * <p>{@link dev.riffle.dna.annotator.Annotator} is the entry point; tokens of many contigs go
 * through the network together. {@code docs/dna-annotator.md} says what is computed.
 */
package dev.riffle.dna.annotator;
