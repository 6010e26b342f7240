/**
 * The command {@code annotate}: DNA files to genes, without a broker.
 *
 * <pre>
 *   SequenceFile -> FileAnnotation -> StreamModel: one contig piece by piece, short contigs in one batch
 *                     |
 *                     |-- CodeCheck: is it genetic code 4?
 *                   GeneOutput -> GeneWriter: GFF3, BED, JSON lines, in the GeneFiles of the input
 *                     |
 *                   AnnotationReport: counts and problems
 * </pre>
 */
package dev.riffle.cli.annotate;
