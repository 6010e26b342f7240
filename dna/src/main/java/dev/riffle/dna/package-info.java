/**
 * DNA as text: nucleotides, codons, genetic codes, and sequence files that are read as a stream.
 *
 * <pre>
 *   SequenceFile   opens FASTA and FASTQ: FastaReader, FastqReader
 *   compressed     gzip, bzip2, xz and zstd as plain bytes
 *   OtherFormat    names what a file is that is neither
 *   UniqueNames    numbers names that come again
 *   Nucleotides    letters to codes and to the values that models read
 *   GeneticCode    stop codons of a sequence, an attribute of its format
 *   Composition    tells DNA from protein
 * </pre>
 *
 * <p>Positions count bases from 0; white space is not counted.
 */
package dev.riffle.dna;
