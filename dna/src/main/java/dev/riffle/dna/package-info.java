/**
 * DNA as text: its letters, its codons and the files that hold it, read as a stream.
 *
 * <p>Positions count bases from 0; white space has none.
 */
package dev.riffle.dna;
