/**
 * Adaptive sampling: whether a read is from the targets, told while it is sequenced.
 *
 * <pre>
 *   References     k-mers and composition of the genomes that the user names
 *   Evidence       what they say of the next 15 bases: 15 numbers
 *   ReadUntil      evidence through an LRU: calibrated log odds, and the test that decides
 *   SequentialTest thresholds of the test
 *   ReadVerdict    what it answers, once for each read
 * </pre>
 *
 * docs/read-until.md has the formulas.
 */
package dev.riffle.dna.readuntil;
