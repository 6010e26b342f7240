/**
 * Reads and synthetic genomes.
 *
 * <pre>
 *   CodeChoice        the option --code
 *   ReadFile          reads of FASTA and FASTQ files
 *   ReadPlayback      reads as the chunks that a sequencer sends
 *   SyntheticGenome   a random genome with known genes
 * </pre>
 */
package dev.riffle.cli.dna;
