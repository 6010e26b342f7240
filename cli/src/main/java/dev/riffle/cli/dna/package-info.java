/**
 * DNA files to genes, without a broker.
 *
 * <pre>
 *   SequenceFile -> FileAnnotation -> StreamModel: one contig piece by piece, short ones together
 *                     |
 *                   GeneWriter: GFF3, BED, JSON lines
 * </pre>
 */
package dev.riffle.cli.dna;
