/**
 * Accuracy of read classification.
 *
 * <pre>
 *   ScoreReadUntil            reads classified after 1 to 10 chunks, next to a baseline
 *     SimulatedReads          pieces of genomes with the errors of a base caller
 *     KmerLogisticRegression  the baseline
 * </pre>
 */
package dev.riffle.evaluation.reads;
