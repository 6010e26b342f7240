/**
 * Accuracy of gene annotation.
 *
 * <pre>
 *   ScoreAnnotations  genes of genomes against their published annotation, next to Prodigal
 *   Prodigal          runs Prodigal and reads its genes
 * </pre>
 */
package dev.riffle.evaluation.dna;
