/**
 * Adaptive sampling: decides whether a read is from the targets while it is being sequenced.
 *
 * <pre>
 *   References     k-mers and composition of the reference genomes
 *   Evidence       15 numbers that compare the next 15 bases with the references
 *   ReadUntil      the model: evidence -> LRU -> calibrated log odds -> SequentialTest
 *   SequentialTest decides whether the log odds suffice
 *   ReadVerdict    the prediction, one for each read
 * </pre>
 *
 * docs/read-until.md has the formulas.
 */
package dev.riffle.dna.readuntil;
