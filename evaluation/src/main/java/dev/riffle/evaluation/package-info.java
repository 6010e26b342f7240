/**
 * Accuracy: the commands of {@code riffle evaluate}.
 *
 * <pre>
 *   music  notes against labels of recordings
 *   dna    genes against published annotations
 *   reads  read-until decisions against the origin of simulated reads
 * </pre>
 *
 * <p>Speed is the module {@code benchmarks}.
 */
package dev.riffle.evaluation;
